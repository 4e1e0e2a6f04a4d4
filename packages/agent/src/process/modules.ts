/**
 * Environment modules of the host. They are loaded in a shell of their own, and the environment that comes
 * out of it is the command's: so a module that fails is told apart from a command that fails.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { MODULE_LOAD_MS, MODULE_OUTPUT_BYTES } from '../limits.ts';
import { RunFailure } from '../runs/failure.ts';
import { BASH } from './environment.ts';

/** Where the packages of Lmod and Environment Modules put what a shell reads to know `module`. */
const INITS = [
  '/etc/profile.d/lmod.sh',
  '/etc/profile.d/modules.sh',
  '/usr/share/lmod/lmod/init/bash',
  '/usr/share/modules/init/bash',
  '/usr/share/Modules/init/bash',
];

const SCRIPT = `
. "$1" >/dev/null; shift
for name in "$@"; do module load "$name" || { echo "module load $name failed" >&2; exit 1; }; done
case ":$LOADEDMODULES" in *:*) for name in "$@"; do
  case ":$LOADEDMODULES:" in *":$name:"*|*":$name/"*) ;; *) echo "$name is not among the loaded modules" >&2; exit 1;; esac
done;; esac
printf '\\0'; exec env -0`;

/** The environment after `module load` of each name; throws a RunFailure that says which words the host had for it. */
export async function loadModules(
  modules: string[],
  environment: Record<string, string>,
  init = INITS.find((path) => existsSync(path)),
): Promise<Record<string, string>> {
  if (init === undefined) {
    throw new RunFailure(
      'modules_unavailable',
      `The software needs the environment modules ${modules.join(', ')}, but this host has no module command.`,
      'Install Lmod or Environment Modules on the host, or describe the software by its search path instead.',
    );
  }
  const { exitCode, stdout, stderr } = await capture(['-c', SCRIPT, 'bash', init, ...modules], environment);
  const start = stdout.indexOf('\0');
  if (exitCode !== 0 || start === -1) {
    throw new RunFailure(
      'module_failed',
      `The environment modules ${modules.join(', ')} could not be loaded: ${stderr.trim() || `exit code ${exitCode}`}.`,
      'See which modules the host has with "module avail", and correct the description of the software.',
    );
  }
  const variables = stdout
    .slice(start + 1)
    .split('\0')
    .filter((text) => text.includes('='));
  return Object.fromEntries(
    variables.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]),
  );
}

function capture(
  args: string[],
  env: Record<string, string>,
): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(BASH, args, {
      env,
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: MODULE_LOAD_MS,
    });
    const texts = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        texts[name] = (texts[name] + text).slice(0, MODULE_OUTPUT_BYTES);
      });
    }
    child.on('error', (error) => resolve({ exitCode: null, stdout: '', stderr: error.message }));
    child.on('close', (exitCode) => resolve({ exitCode, ...texts }));
  });
}
