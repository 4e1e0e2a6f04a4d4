/**
 * Environment modules of the host. They are loaded by a command of their own, where the run's commands are executed, and the
 * environment that comes out of it is the command's: so a module that fails is told apart from a command that fails.
 */
import { existsSync } from 'node:fs';
import { MODULE_LOAD_MS, MODULE_OUTPUT_BYTES } from '../limits.ts';
import type { CommandEnd } from '../slots/run-command.ts';
import { RunFailure } from './failure.ts';
import { StopSwitch } from './stop-switch.ts';

/** Where the packages of Lmod and Environment Modules put what a shell reads to know `module`. */
const INITS = [
  '/etc/profile.d/lmod.sh',
  '/etc/profile.d/modules.sh',
  '/usr/share/lmod/lmod/init/bash',
  '/usr/share/modules/init/bash',
  '/usr/share/Modules/init/bash',
];

const SCRIPT = `. "$1" >/dev/null; shift
for name in "$@"; do module load "$name" || { echo "module load $name failed" >&2; exit 1; }; done
case ":$LOADEDMODULES" in *:*) for name in "$@"; do
  case ":$LOADEDMODULES:" in *":$name:"*|*":$name/"*) ;; *) echo "$name is not among the loaded modules" >&2; exit 1;; esac
done;; esac
printf '\\0'; exec env -0`;

/** Runs a command as the run would, until `stop`, and hands over what it writes. */
export type RunAside = (
  command: string,
  options: {
    stop: StopSwitch;
    onOutput: (chunk: Buffer) => void;
    onStandardOutput: (chunk: Buffer) => void;
  },
) => Promise<CommandEnd>;

/** The environment after `module load` of each name; throws a RunFailure that says which words the host had for it. */
export async function loadModules(
  modules: string[],
  runAside: RunAside,
  stop: StopSwitch,
  init = INITS.find((path) => existsSync(path)),
): Promise<Record<string, string>> {
  if (init === undefined) {
    throw new RunFailure(
      'modules_unavailable',
      `The software needs the environment modules ${modules.join(', ')}, but this host has no module command.`,
      'Install Lmod or Environment Modules on the host, or describe the software by its search path instead.',
    );
  }
  const { exitCode, failure, all, standard } = await capture([init, ...modules], runAside, stop);
  if (failure !== null) {
    throw new RunFailure(failure.code, failure.message, failure.hint);
  }
  const start = standard.indexOf('\0');
  if (exitCode !== 0 || start === -1) {
    throw new RunFailure(
      'module_failed',
      `The environment modules ${modules.join(', ')} could not be loaded: ${all.trim() || `exit code ${exitCode}`}.`,
      'See which modules the host has with "module avail", and correct the description of the software.',
    );
  }
  const variables = standard
    .slice(start + 1)
    .split('\0')
    .filter((text) => text.includes('='));
  return Object.fromEntries(
    variables.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]),
  );
}

async function capture(
  names: string[],
  runAside: RunAside,
  stop: StopSwitch,
): Promise<Pick<CommandEnd, 'exitCode' | 'failure'> & { all: string; standard: string }> {
  const texts = { all: Buffer.alloc(0), standard: Buffer.alloc(0) };
  const keep = (name: keyof typeof texts) => (chunk: Buffer) => {
    texts[name] = Buffer.concat([texts[name], chunk.subarray(0, MODULE_OUTPUT_BYTES - texts[name].length)]);
  };
  const either = new StopSwitch();
  const forget = stop.onRequest((reason) => either.request(reason));
  const timer = setTimeout(() => either.request(TOO_SLOW), MODULE_LOAD_MS);
  try {
    const words = names.map((name) => `'${name.replaceAll("'", "'\\''")}'`).join(' ');
    const { exitCode, failure } = await runAside(`set -- ${words}\n${SCRIPT}`, {
      stop: either,
      onOutput: keep('all'),
      onStandardOutput: keep('standard'),
    });
    return { exitCode, failure, all: texts.all.toString('utf8'), standard: texts.standard.toString('utf8') };
  } finally {
    clearTimeout(timer);
    forget();
  }
}

const TOO_SLOW = {
  outcome: 'failed',
  force: true,
  failure: {
    code: 'module_failed',
    message: `The environment modules were not loaded within ${MODULE_LOAD_MS / 1000} seconds.`,
    hint: 'Load them on the host by hand to see what they wait for.',
  },
} as const;
