import type { ParsedJobVariable, VARIABLE_TYPES } from '@quarry/contract';
import type { Draft, Generator, GeneratorContext, Member } from './draft.ts';
import { GENERATORS } from './generators.ts';
import type { Problems } from './problems.ts';
import { type FileField, tableDraft } from './read-file-table.ts';
import type { Table } from './read-table.ts';
import { Settings } from './settings.ts';

type VariableType = (typeof VARIABLE_TYPES)[number];

/** Types that runs give, not get. */
const OUTPUT_TYPES: ReadonlySet<VariableType> = new Set(['Output', 'Objective', 'Constraint']);

/** What templates can call a variable. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export type Tables = Readonly<Record<FileField, Table | null>>;

/** Input variables of a definition that are no outputs, in display order, each with its place in the definition. */
export function readMembers(jobvariables: readonly ParsedJobVariable[], problems: Problems): Member[] {
  const positions = new Map<string, number>();
  const members: Member[] = [];
  for (const [position, variable] of jobvariables.entries()) {
    const first = positions.get(variable.name);
    if (first !== undefined) {
      problems.add(
        ['jobvariables', position, 'name'],
        `Variable ${first + 1} has the name "${variable.name}" already.`,
      );
      continue;
    }
    positions.set(variable.name, position);
    const settings = new Settings(variable.valueGeneratorSettings, position, problems);
    if (OUTPUT_TYPES.has(variable.variableType)) {
      refuseGenerator(variable, position, problems);
    } else {
      members.push({ variable, position, settings });
    }
  }
  return members.sort((a, b) => a.variable.displayOrder - b.variable.displayOrder);
}

function refuseGenerator(variable: ParsedJobVariable, position: number, problems: Problems): void {
  const { variableType, valueGeneratorType, valueGeneratorSettings } = variable;
  const path = ['jobvariables', position] as const;
  const why = `Runs give the values of variables of type ${variableType}`;
  if (valueGeneratorType !== '') {
    problems.add([...path, 'valueGeneratorType'], `${why}; leave it "".`);
  }
  if (Object.keys(valueGeneratorSettings).length > 0) {
    problems.add([...path, 'valueGeneratorSettings'], `${why}; leave the settings out.`);
  }
}

/** Whether templates can name a variable. */
export function checkName(
  variable: Pick<ParsedJobVariable, 'name'>,
  position: number,
  problems: Problems,
): void {
  if (NAME.test(variable.name)) {
    return;
  }
  problems.add(
    ['jobvariables', position, 'name'],
    'A name has letters (A to Z), digits and underscores, and does not begin with a digit.',
  );
}

/** Members with a generator, checked for names that templates and files have other ideas about. */
function checkGenerated({ variable, position }: Member, tables: Tables, problems: Problems): void {
  const path = ['jobvariables', position, 'name'];
  for (const field of ['caseFile', 'paramFile'] as const) {
    if (!tables[field]?.names.includes(variable.name)) {
      continue;
    }
    const choice = 'give the variable another name, or leave its valueGeneratorType "".';
    problems.add(path, `The ${field} has a column "${variable.name}" too; ${choice}`);
  }
  checkName(variable, position, problems);
}

/** Whether a member without generator is a column of a file; tells where it should be one. */
function isFromFile(member: Member, from: Source, problems: Problems): boolean {
  const { variable, position, settings } = member;
  const { caseFile, paramFile } = from.tables;
  if (from.unread || [caseFile, paramFile].some((table) => table?.names.includes(variable.name))) {
    settings.only([], 'A variable whose values come from a file');
    settings.nominal();
    return true;
  }
  if ((caseFile || paramFile) && isAsFilledIn(variable)) {
    from.warn(`The variable "${variable.name}" was left out: no file of the job has such a column.`);
    return false;
  }
  const why =
    caseFile || paramFile
      ? `No file of the job has a column "${variable.name}".`
      : variable.variableType === 'Design'
        ? 'A Design variable gets its values from an optimizer, and the job has none.'
        : 'The job has neither a paramFile nor a caseFile for its values.';
  problems.add(['jobvariables', position, 'valueGeneratorType'], `${why} Choose a generator.`);
  return false;
}

/** Looks like a column that was filled in: clients send back what they got together with another file. */
function isAsFilledIn({ variableType, valueGeneratorSettings }: ParsedJobVariable): boolean {
  const isOfFile = variableType === 'Param' || variableType === 'Case';
  return isOfFile && Object.keys(valueGeneratorSettings).length === 0;
}

/** What the variables of a definition are drafted from. */
export interface Source {
  jobvariables: readonly ParsedJobVariable[];
  tables: Tables;
  /** A file could not be read, so that nobody should be told that its columns are missing. */
  unread: boolean;
  context: GeneratorContext;
  warn: (text: string) => void;
}

export interface DraftedVariables {
  /** All input variables in display order; columns that the definition does not name come last. */
  members: Member[];
  /** What multiplies, slowest first: cases, rows of the parameter file, then generators in display order. */
  drafts: Draft[];
}

/** Reads the generators of all variables and fills in the columns of the files. */
export function draftVariables(source: Source, problems: Problems): DraftedVariables {
  const { jobvariables, tables, context } = source;
  const members = readMembers(jobvariables, problems).filter(
    (member) => member.variable.valueGeneratorType !== '' || isFromFile(member, source, problems),
  );
  const generated = members.filter(({ variable }) => variable.valueGeneratorType !== '');
  for (const member of generated) {
    checkGenerated(member, tables, problems);
  }
  const outputs = new Set(
    jobvariables.filter(({ variableType }) => OUTPUT_TYPES.has(variableType)).map(({ name }) => name),
  );
  const drafts: Draft[] = [];
  for (const field of ['caseFile', 'paramFile'] as const) {
    const table = tables[field];
    if (!table) {
      continue;
    }
    for (const name of table.names) {
      if (outputs.has(name)) {
        problems.add([field], `The column "${name}" has the name of an output.`);
      }
      if (field === 'paramFile' && tables.caseFile?.names.includes(name)) {
        problems.add([field], `The caseFile has a column "${name}" too; rename one.`);
      }
    }
    drafts.push(tableDraft(table, columnMembers(field, table, members, problems)));
  }
  drafts.push(...generate(generated, context));
  return { members, drafts };
}

/** The members of a file's columns; those that the definition does not name are appended to `members`. */
function columnMembers(field: FileField, table: Table, members: Member[], problems: Problems): Member[] {
  const variableType = field === 'caseFile' ? 'Case' : 'Param';
  const named = new Map(members.map((member) => [member.variable.name, member]));
  let displayOrder = members.reduce((most, { variable }) => Math.max(most, variable.displayOrder), -1);
  return table.names.map((name) => {
    const given = named.get(name);
    if (given) {
      given.variable = { ...given.variable, variableType };
      return given;
    }
    displayOrder++;
    const variable: ParsedJobVariable = {
      name,
      variableType,
      displayOrder,
      valueGeneratorType: '',
      valueGeneratorSettings: {},
    };
    const position = members.length;
    const member = { variable, position, settings: new Settings({}, position, problems) };
    members.push(member);
    return member;
  });
}

/** Members that are sampled together form one draft, which stands where the first of them stands. */
function generate(generated: readonly Member[], context: GeneratorContext): Draft[] {
  const groups = new Map<string, { rule: Generator; members: Member[] }>();
  for (const member of generated) {
    const { valueGeneratorType, name } = member.variable;
    if (valueGeneratorType === '') {
      continue;
    }
    const { generate: rule, sample } = GENERATORS[valueGeneratorType];
    const key = sample ?? `\0${name}`;
    const group = groups.get(key);
    if (group) {
      group.members.push(member);
    } else {
      groups.set(key, { rule, members: [member] });
    }
  }
  const drafts = [...groups.values()].map(({ rule, members }) => rule(members, context));
  return drafts.filter((draft) => draft !== null);
}
