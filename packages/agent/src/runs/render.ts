/** Renders the templates of a tile into the work directory of a run. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunInput, RunTile } from '@quarry/contract';
import { createFile, Opened, openTrusted, removeFile } from '../files/door.ts';
import { rawOf } from '../files/raw-name.ts';
import type { Template, TemplateError } from '../templates/template.ts';
import type { Execution } from './execution.ts';
import { RunFailure } from './failure.ts';
import { makeRoom } from './make-room.ts';
import { isNotHere } from './place-input.ts';

const EXECUTABLE = 0o755;
const OWNER_ONLY = 0o600;
/** In the directory of the run, which no command reaches, while it is fetched. */
const TEMPLATE = rawOf('template');
/** Names without a value that are listed one by one in a failure. */
const LISTED_NAMES = 10;

type TemplateTask = RunTile['templates'][number];

export interface Rendered {
  template: Template;
  relativePath: string;
}

/** Renders one template; what is at its place is replaced, and it counts as an input. Throws a RunFailure. */
export async function renderTemplate(task: TemplateTask, execution: Execution): Promise<Rendered> {
  const { host, inputs, snapshot, paths, stop } = execution;
  const { file, processedFilename } = task;
  let template: Template | undefined;
  let bytes: Buffer;
  try {
    template = await host.templates.get(file, { fetch: () => fetchTemplate(file, execution), stop });
    bytes = template.render(inputs);
  } catch (error) {
    const { TemplateError } = await import('../templates/error.ts');
    throw error instanceof TemplateError ? templateFailed(file, error, template, inputs) : error;
  }
  using room = makeRoom({
    work: paths.work,
    name: processedFilename,
    own: snapshot.own,
    subject: 'The name of the rendered file',
    code: 'template_unsafe',
  });
  const { hash } = await import('node:crypto');
  using rendered = new Opened(createFile(room.directory, room.name, EXECUTABLE));
  writeFileSync(rendered.fd, bytes);
  snapshot.record(room.relativePath, rendered.fd, hash('sha512', bytes, 'hex'));
  return { template, relativePath: room.relativePath };
}

async function fetchTemplate(file: RunInput, execution: Execution): Promise<Buffer> {
  const { paths, host, stop } = execution;
  const path = file.path ?? (await host.source.keep(file, stop));
  if (path !== null) {
    try {
      return readFileSync(path);
    } catch (error) {
      if (!isNotHere(error)) {
        throw error;
      }
    }
  }
  const { downloadInput } = await import('./download.ts');
  using directory = new Opened(openTrusted(paths.directory));
  using target = new Opened(createFile(directory.fd, TEMPLATE, OWNER_ONLY));
  try {
    await downloadInput(file, target.fd, { source: host.source, stop });
    return readFileSync(join(paths.directory, TEMPLATE));
  } finally {
    removeFile(directory.fd, TEMPLATE);
  }
}

function templateFailed(
  file: RunInput,
  error: TemplateError,
  template: Template | undefined,
  variables: ReadonlyMap<string, string>,
): RunFailure {
  const { line, column, what, hint } = error;
  const others = (template?.names ?? [])
    .filter((use) => !use.hasDefault && !variables.has(use.name))
    .filter((use) => use.line !== line || use.column !== column)
    .map((use) => `${use.name} (line ${use.line}, column ${use.column})`);
  const listed = others.slice(0, LISTED_NAMES).join(', ') + (others.length > LISTED_NAMES ? ' and more' : '');
  return new RunFailure(
    'template_failed',
    `The template ${file.name} cannot be rendered: line ${line}, column ${column}: ${what}`,
    others.length === 0 ? hint : `${hint} Without a variable are also ${listed}.`,
    { cause: error },
  );
}
