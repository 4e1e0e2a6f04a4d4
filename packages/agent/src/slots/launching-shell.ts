/**
 * A small shell that stays and starts commands, one after another. Node copies its page tables for every process that
 * it starts, and inside a sandbox each command would need a sandbox of its own: both are most of what a short run
 * costs. This shell forks in a tenth of the time, lives inside the sandbox, and knows what its children used.
 *
 * It reads one command at a time as shell code from a socket, on which it also says what becomes of it. Closing the
 * socket ends it, and so does the death of the agent. What it says is taken for what it is, words: whether a run has
 * ended is for the processes of the run to show (see RunProcesses).
 */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { JOB_IN_ENVIRONMENT_CHARACTERS, SHELL_TEXT_BYTES, SHELL_WORDS_BYTES } from '../limits.ts';
import { type Measured, parseMeasured, since } from '../process/usage.ts';

const SOCKET = 3;
/** Where further descriptors of the sandbox begin. The shell closes them, and any other that whoever started us left open. */
export const FIRST_EXTRA_FD = 4;
/** Behind the name of the pipe that a held run reads from: the file that says so. */
export const HELD = '.on';
const LENGTH_DIGITS = 8;
const LATER = 'HUP INT QUIT USR1 USR2 PIPE ALRM TERM';

/**
 * The arguments, if any, are the program that gives a command namespaces of its own, with INIT at its end. They are tried
 * once, without a command, before the shell calls itself ready. With them it also takes the right to make further user
 * namespaces from its own one: the shell needs none, and what it starts shall have none.
 *
 * `read -N` takes bytes in one go, since the locale is C; bash 5 is known to do so. Job control gives a command its
 * group and is off again before the wait, which would end when the command is stopped by SIGSTOP.
 */
export const LAUNCHER = `((BASH_VERSINFO[0] >= 5)) || { echo 'bash is older than version 5' >&2; exit 1; }
trap '' ${LATER}
unset OLDPWD SHLVL
LC_ALL=C
shopt -s nullglob dotglob
for fd in /proc/self/fd/*; do
  fd=\${fd##*/}
  ((fd <= ${SOCKET})) || eval "exec $fd<&-"
done
if (($#)); then
  echo 0 >/proc/sys/user/max_user_namespaces && QUARRY_JOB=: "$@" 3>/dev/null || exit 1
fi
echo ready >&${SOCKET}
while read -r -N ${LENGTH_DIGITS} -u ${SOCKET} length && read -r -N "$((10#$length))" -u ${SOCKET} job; do
  set -m
  (
    trap - ${LATER}
    if (($#)); then
      if ((\${#job} < ${JOB_IN_ENVIRONMENT_CHARACTERS})); then
        export QUARRY_JOB=$job
      else
        exec ${FIRST_EXTRA_FD}< <(printf %s "$job")
      fi
      exec "$@"
    fi
    eval "$job"
  ) &
  set +m
  wait $!
  code=$?
  if (($#)); then
    left=(/dev/shm/*)
    ((\${#left[@]})) && rm -rf -- "\${left[@]}"
  fi
  mapfile -t io </proc/self/io
  { times; printf '%s\\n' "\${io[@]:4}" "ended $code"; } >&${SOCKET}
done`;

/**
 * The first process of a run's own PID namespace: waits for the command and for whatever is orphaned, and takes all that
 * is left along when it ends. While a run is being stopped there is a file beside the pipe QUARRY_HOLD: then it stays after the
 * command until a line comes through that pipe, so that what the command has started gets its time too. It keeps
 * nothing that the command could use: the socket is closed to both of them before the command begins.
 */
export const INIT = `trap '' ${LATER}
exec 2>/dev/null
unset OLDPWD SHLVL
LC_ALL=C
if [ -n "\${QUARRY_JOB+x}" ]; then
  job=$QUARRY_JOB
  unset QUARRY_JOB
else
  IFS= read -r -d '' -u ${FIRST_EXTRA_FD} job
  exec ${FIRST_EXTRA_FD}<&-
fi
set -m
(
  trap - ${LATER}
  eval "$job"
) &
set +m
exec ${SOCKET}>&-
wait $!
code=$?
[ ! -e "$QUARRY_HOLD${HELD}" ] || read -r line <>"$QUARRY_HOLD"
exit $code`;

export interface ShellProgram {
  /** The program and arguments that end where bash begins: those of the sandbox, or none. */
  prefix: string[];
  /** Bash itself, by its absolute path. */
  bash: string;
  /** Gives each command its namespaces, with INIT at its end; empty when commands share those of the shell. */
  isolation: string[];
  environment: Record<string, string>;
  /** Descriptors for the sandbox, from FIRST_EXTRA_FD on. */
  extraFds: number[];
}

interface CommandStarted {
  /** As the shell counts processes, which in a sandbox is not as the host does. */
  pid: number;
  ended: Promise<{ exitCode: number; measured: Measured }>;
}

/** The shell has gone, or has never come up, for a reason that it may have given. */
export class ShellLost extends Error {}

/** A command was not started: its directory cannot be entered, or there was no room for a process. */
export class NotStarted extends Error {}

export class LaunchingShell {
  readonly #child: ChildProcess;
  readonly #socket: Socket;
  readonly #ready = Promise.withResolvers<void>();
  readonly #exited = Promise.withResolvers<void>();
  #said = '';
  #words = '';
  #before: Measured = { cpuSeconds: 0, readBytes: 0, writtenBytes: 0 };
  #started: PromiseWithResolvers<number> | null = null;
  #ended: PromiseWithResolvers<{ exitCode: number; measured: Measured }> | null = null;
  #isAlive = true;

  constructor({ prefix, bash, isolation, environment, extraFds }: ShellProgram) {
    const [program, ...args] = [...prefix, bash, '-p', '-c', LAUNCHER, 'quarry-launcher', ...isolation];
    const stdio: StdioOptions = ['ignore', 'ignore', 'pipe', 'pipe', ...extraFds];
    this.#child = spawn(program!, args, { cwd: '/', env: environment, detached: true, stdio });
    this.#socket = this.#child.stdio[SOCKET] as Socket;
    this.#socket.setEncoding('latin1').on('data', (text: string) => this.#hear(text));
    this.#socket.on('error', () => undefined);
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#words = (this.#words + text).slice(-SHELL_WORDS_BYTES);
    });
    this.#child.on('error', (error) => {
      this.#words = error.message;
      this.#lose();
      this.#exited.resolve();
    });
    this.#child.on('exit', () => this.#exited.resolve());
    // The last words come before the end of the socket, and may come after the end of the process.
    this.#child.on('close', () => this.#lose());
    this.#ready.promise.catch(() => undefined);
  }

  /** The process that was started, which is the shell or the sandbox around it; undefined when none could be. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Rejects with a ShellLost when this shell, or the sandbox around it, cannot be had. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Resolves when the process that was started has ended, whatever others still hold. */
  get exited(): Promise<void> {
    return this.#exited.promise;
  }

  /** Starts the command that a job text describes (see toJobText). Rejects with NotStarted or ShellLost. */
  async start(job: Buffer): Promise<CommandStarted> {
    if (!this.#isAlive) {
      throw this.#lost();
    }
    this.#started = Promise.withResolvers();
    this.#ended = Promise.withResolvers();
    const ended = this.#ended.promise;
    ended.catch(() => undefined);
    this.#socket.write(Buffer.concat([Buffer.from(String(job.length).padStart(LENGTH_DIGITS, '0')), job]));
    return { pid: await this.#started.promise, ended };
  }

  /** Lets the shell end when the command that runs has ended. */
  close(): void {
    this.#socket.end();
  }

  #hear(text: string): void {
    this.#said += text;
    for (;;) {
      const line = /^(?:ready|started (\d+)|ended (\d+))\n/m.exec(this.#said);
      if (line === null) {
        break;
      }
      const before = this.#said.slice(0, line.index);
      this.#said = this.#said.slice(line.index + line[0].length);
      if (line[1] !== undefined) {
        this.#started?.resolve(Number(line[1]));
      } else if (line[2] !== undefined) {
        this.#end(Number(line[2]), before);
      } else {
        this.#ready.resolve();
      }
    }
    if (this.#said.length > SHELL_TEXT_BYTES) {
      this.#child.kill('SIGKILL');
    }
  }

  #end(exitCode: number, said: string): void {
    const after = parseMeasured(said);
    const measured = since(this.#before, after);
    this.#before = after;
    // Without effect on one that was started.
    this.#started?.reject(
      new NotStarted('its directory cannot be entered, or the system has no room for a process'),
    );
    this.#ended?.resolve({ exitCode, measured });
  }

  #lose(): void {
    this.#isAlive = false;
    this.#ready.reject(this.#lost());
    this.#started?.reject(this.#lost());
    this.#ended?.reject(this.#lost());
    this.#socket.destroy();
  }

  #lost(): ShellLost {
    return new ShellLost(this.#words.trim() || 'the shell that starts commands has ended');
  }
}
