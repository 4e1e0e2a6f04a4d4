/** A command as shell code for the launching shell. Nothing of a job is an argument of ours, which all users of a host can read. */
import { COMMAND_OOM_SCORE } from '../limits.ts';
import { BASH } from '../process/environment.ts';
import { findProgram } from '../process/programs.ts';

export interface Launch {
  command: string;
  environment: Record<string, string>;
  workDirectory: string;
  /** Named pipes that somebody reads. */
  stdout: string;
  stderr: string;
  /** Null: what the host allows. */
  limits: { openFiles: number | null; processes: number | null };
}

/**
 * Names that a shell can export and that mean nothing to it. The others, which bash has a use for or cannot have as
 * variables (such as exported functions), are handed over by `env`, which takes half a millisecond.
 */
const PLAIN = /^[A-Za-z][A-Za-z0-9_]*$/;
const MEANS_SOMETHING =
  /^(BASH.*|COMP.*|COPROC.*|DIRSTACK|EMACS|ENV|EPOCH.*|EUID|EXECIGNORE|FCEDIT|FIGNORE|FUNC.*|GLOB.*|GROUPS|HIST.*|HOSTFILE|HOSTNAME|HOSTTYPE|IFS|IGNOREEOF|INPUTRC|LINENO|MACHTYPE|MAIL.*|MAPFILE|OLDPWD|OPT.*|OSTYPE|PIPESTATUS|POSIXLY_CORRECT|PPID|PROMPT.*|PS\d|RANDOM|READLINE.*|REPLY|SECONDS|SHELLOPTS|SHLVL|SRANDOM|TIMEFORMAT|TMOUT|UID|auto_resume|histchars|quarry_.*)$/;

/** Null when there is a NUL in it, which nothing on Linux can pass on. */
export function toJobText(launch: Launch): Buffer | null {
  const { command, environment, workDirectory, stdout, stderr, limits } = launch;
  const variables = Object.entries(environment);
  const isPlain = variables.every(([name]) => PLAIN.test(name) && !MEANS_SOMETHING.test(name));
  const lines = [
    'unset QUARRY_HOLD',
    ...Object.entries({ directory: workDirectory, stdout, stderr, command }).map(
      ([name, text]) => `quarry_${name}=${quoted(text)}`,
    ),
    limitOf('n', limits.openFiles),
    limitOf('u', limits.processes),
    `echo ${COMMAND_OOM_SCORE} >/proc/self/oom_score_adj`,
    'cd -- "$quarry_directory" && exec >"$quarry_stdout" 2>"$quarry_stderr" || exit',
    'echo "started $BASHPID" >&3 || exit',
    isPlain
      ? `export ${variables.map(([name, value]) => `${name}=${quoted(value)}`).join(' ')}`
      : `set -- ${quoted(findProgram('env') ?? '/usr/bin/env')} -i ${variables.map((variable) => quoted(variable.join('='))).join(' ')}`,
    `exec ${isPlain ? '' : '"$@" '}${BASH} -c "$quarry_command" bash 3>&-`,
  ];
  const text = Buffer.from(lines.join('\n'));
  return text.includes(0) ? null : text;
}

/** Sets what may be used and what could be asked for, so that a command cannot raise it again. */
function limitOf(option: string, limit: number | null): string {
  return limit === null ? '' : `ulimit -${option} ${limit}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
