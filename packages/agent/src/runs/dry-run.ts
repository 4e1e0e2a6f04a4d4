import type { Template } from '../templates/template.ts';
import type { Execution } from './execution.ts';
import { RunFailure } from './failure.ts';
import { renderTemplate } from './render.ts';

/** Of a value in the log. */
const QUOTED_CHARACTERS = 200;

/**
 * Renders all templates and runs nothing: what they become is the output of the run, and the log says from which
 * values. A template that fails does not keep the others from being tried; then a RunFailure is thrown.
 */
export async function renderOnly(execution: Execution): Promise<void> {
  const { run, log, snapshot, stop, inputs } = execution;
  const failures: RunFailure[] = [];
  for (const task of run.tiles.flatMap((tile) => tile.templates)) {
    if (stop.reason !== null) {
      return;
    }
    try {
      const { template, relativePath } = await renderTemplate(task, execution);
      snapshot.forget(relativePath);
      log.line(`Rendered ${relativePath} from the template ${task.file.name} ${describe(template, inputs)}.`);
    } catch (error) {
      if (!(error instanceof RunFailure)) {
        throw error;
      }
      failures.push(error);
    }
  }
  log.line('This is a dry run: no command was executed.');
  const [first, ...others] = failures;
  if (first !== undefined) {
    const more = others.map(({ message, hint }) => `${message} ${hint}`).join('\n');
    throw new RunFailure(first.code, first.message, more === '' ? first.hint : `${first.hint}\n${more}`);
  }
}

function describe(template: Template, inputs: ReadonlyMap<string, string>): string {
  const names = [...new Set(template.names.map(({ name }) => name))];
  if (names.length === 0) {
    return 'without any variable';
  }
  const values = names.map((name) => {
    const text = inputs.get(name);
    return text === undefined ? `${name} by its default` : `${name} = ${shorten(text)}`;
  });
  return `with ${values.join(', ')}`;
}

function shorten(text: string): string {
  return text.length > QUOTED_CHARACTERS ? `${text.slice(0, QUOTED_CHARACTERS)}…` : text;
}
