import { parseTemplate, TemplateError } from '@quarry/agent/templates';
import { LIMITS } from '../../limits.ts';
import { invalidFields } from '../../problems.ts';
import type { SweepPlan } from '../../sweeps/plan.ts';
import type { ReadFile } from '../../sweeps/read-file.ts';
import type { StoredDefinition, StoredTile } from './stored.ts';

/**
 * Reads every template of a definition and refuses, with line and column, what is no template and what asks for a
 * variable that the job does not have: better at once than in the first of ten thousand runs. Answers the names that they have.
 */
export async function checkTemplates(
  { jobanalyses }: Pick<StoredDefinition, 'jobanalyses'>,
  plan: SweepPlan,
  readFile: ReadFile,
): Promise<ReadonlySet<string>> {
  const known = new Set(plan.variables.map(({ name }) => name));
  const used = new Set<string>();
  const errors: object[] = [];
  for (const tile of jobanalyses) {
    errors.push(await checkTile(tile, { known, used }, readFile));
  }
  if (errors.some((fields) => Object.keys(fields).length > 0)) {
    throw invalidFields({ jobanalyses: errors });
  }
  return used;
}

interface Names {
  /** That the job has. */
  known: ReadonlySet<string>;
  /** That templates have. */
  used: Set<string>;
}

async function checkTile(tile: StoredTile, names: Names, readFile: ReadFile): Promise<object> {
  const problems: object[] = [];
  for (const { templateFile } of tile.templateTasks) {
    const bytes = await readFile(templateFile.id, LIMITS.templateBytes);
    const messages = problemsOf(bytes, names);
    problems.push(messages.length > 0 ? { templateFile: messages } : {});
  }
  return problems.some((fields) => 'templateFile' in fields) ? { templateTasks: problems } : {};
}

function problemsOf(bytes: Buffer, { known, used }: Names): string[] {
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
