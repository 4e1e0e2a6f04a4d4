import { parseTemplate, TemplateError } from '@quarry/agent/templates';
import { LIMITS } from '../../limits.ts';
import { invalidFields } from '../../problems.ts';
import type { SweepPlan } from '../../sweeps/plan.ts';
import type { ReadFile } from '../../sweeps/read-file.ts';
import type { StoredDefinition, StoredTile } from './stored.ts';

/** Other template languages: a directive of FreeMarker, such as `<#if x>`, and the interpolation of several. */
const FOREIGN = [
  { pattern: /<\/?#[a-z]+\b[^>\n]{0,200}>/, what: 'is a directive of FreeMarker' },
  { pattern: /#\{[^{}\n]{1,200}\}/, what: 'is a placeholder of other template languages' },
];

/**
 * Reads every template of a definition and refuses, with line and column, what is no template and what asks for a
 * variable that the job does not have: better at once than in the first of ten thousand runs. Answers the names that they have.
 */
export async function checkTemplates(
  { jobanalyses }: Pick<StoredDefinition, 'jobanalyses'>,
  plan: SweepPlan,
  readFile: ReadFile,
  warn: (text: string) => void,
): Promise<ReadonlySet<string>> {
  const known = new Set(plan.variables.map(({ name }) => name));
  const used = new Set<string>();
  const errors: object[] = [];
  for (const tile of jobanalyses) {
    errors.push(await checkTile(tile, { known, used, warn }, readFile));
  }
  if (errors.some((fields) => Object.keys(fields).length > 0)) {
    throw invalidFields({ jobanalyses: errors });
  }
  return used;
}

/** What a look at templates goes by, and what it finds. */
interface Looked {
  /** That the job has. */
  known: ReadonlySet<string>;
  /** That templates have. */
  used: Set<string>;
  warn: (text: string) => void;
}

async function checkTile(tile: StoredTile, looked: Looked, readFile: ReadFile): Promise<object> {
  const problems: object[] = [];
  for (const { templateFile, processedFilename } of tile.templateTasks) {
    const bytes = await readFile(templateFile.id, LIMITS.templateBytes);
    const messages = problemsOf(bytes, looked);
    warnOfForeign(processedFilename, bytes, looked.warn);
    problems.push(messages.length > 0 ? { templateFile: messages } : {});
  }
  return problems.some((fields) => 'templateFile' in fields) ? { templateTasks: problems } : {};
}

/** What other platforms fill in is copied as it is here: a run would compute with a line of a template. */
function warnOfForeign(name: string, bytes: Buffer, warn: (text: string) => void): void {
  const text = bytes.toString('latin1');
  for (const { pattern, what } of FOREIGN) {
    const found = pattern.exec(text);
    if (found !== null) {
      const line = text.slice(0, found.index).split('\n').length;
      const shown = Buffer.from(found[0], 'latin1').toString('utf8');
      warn(
        `The template of ${name} has "${shown.slice(0, 60)}" in line ${line}, which ${what}: it is copied as it is, since only \${…} is filled in here.`,
      );
    }
  }
}

function problemsOf(bytes: Buffer, { known, used }: Looked): string[] {
  try {
    const { names } = parseTemplate(bytes);
    for (const { name } of names) {
      used.add(name);
    }
    const unknown = names.filter(({ name, hasDefault }) => !hasDefault && !known.has(name));
    const offered =
      known.size === 0 ? 'The job has no variables' : `The job has ${[...known].slice(0, 20).join(', ')}`;
    return unknown.map(
      ({ name, line, column }) =>
        `Line ${line}, column ${column}: there is no variable "${name}". ${offered}; a default is written \${${name}!0}.`,
    );
  } catch (error) {
    if (error instanceof TemplateError) {
      return [`${error.message} ${error.hint}`];
    }
    throw error;
  }
}
