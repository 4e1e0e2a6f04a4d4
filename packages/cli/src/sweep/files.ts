/** Reads the options that name files of a sweep: templates, and scripts around the command. */

import { open } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { usageError } from '../errors.ts';
import { quotedIfNeeded } from '../quoted.ts';
import type { Attachment } from '../submission/draft.ts';

/** Endings that say of a file that it is a template; without them it is named as what becomes of it. */
const TEMPLATE_ENDINGS = new Set(['.tmpl', '.tpl', '.template', '.ftl']);

/** `LOCAL=REMOTE`, or `LOCAL` alone where its name ends as templates do: `U.tmpl` becomes `U`. */
export function parseTemplate(given: string): Attachment {
  const at = given.lastIndexOf('=');
  const path = at === -1 ? given : given.slice(0, at);
  const ending = extname(path);
  const processedFilename =
    at === -1 && TEMPLATE_ENDINGS.has(ending) ? basename(path, ending) : given.slice(at + 1);
  if (path === '' || processedFilename === '' || (at === -1 && processedFilename === given)) {
    throw usageError(
      `--template ${given} does not say what becomes of it in the job's directory.`,
      `Write --template LOCAL=REMOTE, such as --template ${path || 'U.tmpl'}=0/U.`,
    );
  }
  return { use: 'template', tile: 0, path, processedFilename };
}

export interface Script {
  /** A file of this machine; absent where the command needs none. */
  path?: string;
  command: string;
}

/**
 * A script and how it is started: `SCRIPT`, `SCRIPT:COMMAND`, or a command alone. Without a command the script's own
 * first line or its ending decides.
 */
export async function readScript(
  given: string | undefined,
  command: string | undefined,
  option: '--pre' | '--post',
): Promise<Script | undefined> {
  if (given === undefined) {
    return command === undefined ? undefined : { command };
  }
  const [path = '', own] = given.split(/:(.*)/s);
  if (path === '' || own === '') {
    throw usageError(`${option} takes SCRIPT or SCRIPT:COMMAND, not "${given}".`);
  }
  if (own !== undefined && command !== undefined) {
    throw usageError(`${option} ${given} has a command already, and ${option}-command is another.`);
  }
  return { path, command: command ?? own ?? (await startOf(path)) };
}

const INTERPRETERS: Record<string, string> = {
  '.py': 'python3',
  '.sh': 'bash',
  '.bash': 'bash',
  '.pl': 'perl',
};

async function startOf(path: string): Promise<string> {
  const name = basename(path);
  const word = quotedIfNeeded(name);
  const interpreter = INTERPRETERS[extname(name)];
  if (interpreter !== undefined && !(await beginsWithShebang(path))) {
    return `${interpreter} ${word}`;
  }
  return `./${word}`;
}

async function beginsWithShebang(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer.toString('latin1') === '#!';
  } finally {
    await file.close();
  }
}
