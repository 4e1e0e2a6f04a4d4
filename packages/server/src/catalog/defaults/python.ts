/**
 * The command `python` for jobs. Job definitions say `python`, while many hosts have only `python3`: a small
 * directory of our own holds both names. They are scripts, not links, because a Python started through a link
 * in another place would not find the environment (venv) it belongs to.
 */
import { access, constants, mkdir, readFile, realpath, rename, writeFile } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { runProgram } from '../scan/run-program.ts';
import { existing, visibleInstallation } from '../scan/visible.ts';

export interface PythonShim {
  /** Holds the commands `python` and `python3`. */
  readonly directory: string;
  /** The interpreter behind them. */
  readonly interpreter: string;
  /** What the sandbox has to show. */
  readonly visiblePaths: readonly string[];
}

interface PythonOptions {
  readonly cacheDirectory: string;
  readonly environment: { readonly PATH?: string; readonly HOME?: string };
  /** Preferred where it exists; every sandbox shows it. */
  readonly systemInterpreter?: string;
}

/** Finds a Python on the host and makes the commands for it; null where there is none that starts. */
export async function preparePython(options: PythonOptions): Promise<PythonShim | null> {
  const found =
    (await findSystemPython(options.systemInterpreter ?? '/usr/bin/python3')) ?? (await findPython(options));
  if (found === null) {
    return null;
  }
  const directory = join(options.cacheDirectory, 'python', 'bin');
  await mkdir(directory, { recursive: true });
  const script = `#!/bin/sh\nexec ${quote(found.interpreter)} "$@"\n`;
  for (const command of ['python', 'python3']) {
    await writeScript(join(directory, command), script);
  }
  return { directory, interpreter: found.interpreter, visiblePaths: [directory, ...found.visiblePaths] };
}

interface Found {
  readonly interpreter: string;
  readonly visiblePaths: readonly string[];
}

async function findSystemPython(path: string): Promise<Found | null> {
  return (await isExecutable(path)) ? { interpreter: path, visiblePaths: [] } : null;
}

const question = 'import json, sys; print(json.dumps([sys.executable, sys.prefix, sys.base_prefix]))';

/** What stands on the PATH may be a shim of pyenv, asdf or conda: the interpreter itself is asked where it lives. */
async function findPython({ environment }: PythonOptions): Promise<Found | null> {
  for (const directory of (environment.PATH ?? '').split(delimiter).filter(isAbsolute)) {
    const candidate = join(directory, 'python3');
    if (!(await isExecutable(candidate))) {
      continue;
    }
    const { output } = await runProgram(candidate, ['-c', question], { environment });
    const answer = parseAnswer(output);
    if (answer === null || !(await isExecutable(answer.interpreter))) {
      continue;
    }
    const roots = [answer.prefix, answer.basePrefix, join(await realpath(answer.interpreter), '..', '..')];
    const visiblePaths = [...new Set(roots)].flatMap((root) => visibleInstallation(root, environment.HOME));
    return { interpreter: answer.interpreter, visiblePaths: await existing(visiblePaths) };
  }
  return null;
}

function parseAnswer(output: string): { interpreter: string; prefix: string; basePrefix: string } | null {
  const line = output.trim().split('\n').at(-1) ?? '';
  try {
    const answer: unknown = JSON.parse(line);
    if (!Array.isArray(answer) || answer.length !== 3) {
      return null;
    }
    if (!answer.every((path) => typeof path === 'string' && isAbsolute(path))) {
      return null;
    }
    const [interpreter, prefix, basePrefix] = answer as [string, string, string];
    return { interpreter, prefix, basePrefix };
  } catch {
    return null;
  }
}

/** Jobs of an earlier server may be starting it at this moment: the file is replaced as a whole, and only when it differs. */
async function writeScript(path: string, script: string): Promise<void> {
  const present = await readFile(path, 'utf8').catch(() => null);
  if (present === script && (await isExecutable(path))) {
    return;
  }
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, script, { mode: 0o755 });
  await rename(temporary, path);
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
