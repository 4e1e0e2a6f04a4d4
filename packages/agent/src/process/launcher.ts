/**
 * Starts commands by a small shell that stays. Node copies its page tables for every process that it starts, and
 * around such a command another shell has to stand that measures it: both are most of what a short run costs. This
 * shell forks in a tenth of the time and knows what its children used.
 *
 * It reads one command at a time as shell code from a socket, on which it also says what becomes of it. Closing the
 * socket ends it, and so does the death of the agent. Each command has a process group of its own.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { LAUNCHED_BYTES } from '../limits.ts';
import { BASH, CLUSTER_MARKER } from './environment.ts';
import { peakBytesOf } from './memory.ts';
import { type Measured, parseMeasured, since, UNKNOWN } from './usage.ts';

const SOCKET = 3;
const LENGTH_DIGITS = 8;

/**
 * `read -N` takes bytes in one go, since the locale is C; bash 5 is known to do so. Job control gives a command its
 * group and is off again before the wait, which would end when the command is stopped by SIGSTOP. What a command
 * gets is what is exported, which is nothing but the marker of the cluster before it comes.
 */
const SCRIPT = `((BASH_VERSINFO[0] >= 5)) || exit 1
trap '' HUP INT QUIT USR1 USR2 PIPE ALRM TERM
unset OLDPWD SHLVL
LC_ALL=C
echo ready >&${SOCKET}
while read -r -N ${LENGTH_DIGITS} -u ${SOCKET} length && read -r -N "$((10#$length))" -u ${SOCKET} job; do
  set -m
  (
    trap - HUP INT QUIT USR1 USR2 PIPE ALRM TERM
    eval "$job"
    cd -- "$directory" && exec >"$stdout" 2>"$stderr" || exit
    echo "started $BASHPID" >&${SOCKET} || exit
    exec "$bash" -c "$command" bash ${SOCKET}>&-
  ) &
  set +m
  wait $!
  code=$?
  mapfile -t io </proc/self/io
  { times; printf '%s\\n' "\${io[@]:4}" "ended $code"; } >&${SOCKET}
done`;

/** Names that mean nothing special to the launching shell; with any other a command is started in another way. */
const PLAIN = /^(HOME|PATH|USER|LOGNAME|SHELL|LANG|TERM|TMPDIR|PWD|(QUARRY|RESCALE)_[A-Z0-9_]+)$/;

interface Launch {
  command: string;
  environment: Record<string, string>;
  workDirectory: string;
  /** Named pipes that somebody reads. */
  stdout: string;
  stderr: string;
}

interface Launched {
  pid: number;
  /** Memory that the process began with, as a copy of the shell. */
  leastBytes: number;
  ended: Promise<{ exitCode: number; measured: Measured }>;
}

/** The launching shells of a cluster: one for each command that runs at the same time, once there are many. */
export class Launchers {
  readonly #clusterId: string;
  readonly #isWorthwhile: () => boolean;
  readonly #idle: Launcher[] = [];
  #isStarting = false;
  #areUsable = true;

  /** `isWorthwhile` says whether further commands will follow soon. */
  constructor(clusterId: string, isWorthwhile: () => boolean) {
    this.#clusterId = clusterId;
    this.#isWorthwhile = isWorthwhile;
  }

  /** Starts a command; null when that has to be done in another way. Rejects when it cannot be started. */
  async start(launch: Launch): Promise<Launched | null> {
    const job = toShell(launch);
    const launcher = job === null ? undefined : this.#take();
    if (launcher === undefined) {
      return null;
    }
    return launcher.start(job!, () => this.#idle.push(launcher));
  }

  #take(): Launcher | undefined {
    for (let launcher = this.#idle.pop(); launcher !== undefined; launcher = this.#idle.pop()) {
      if (launcher.isAlive) {
        return launcher;
      }
    }
    if (this.#areUsable && !this.#isStarting && this.#isWorthwhile()) {
      this.#isStarting = true;
      const launcher = new Launcher(this.#clusterId);
      launcher.ready.then(
        () => {
          this.#isStarting = false;
          this.#idle.push(launcher);
        },
        () => {
          this.#areUsable = false;
        },
      );
    }
  }
}

/** Null when the shell would not pass it on as it is. */
function toShell({ command, environment, workDirectory, stdout, stderr }: Launch): Buffer | null {
  const variables = Object.entries(environment);
  if (!variables.every(([name]) => PLAIN.test(name))) {
    return null;
  }
  const own = Object.entries({ command, directory: workDirectory, stdout, stderr, bash: BASH });
  const assignments = (list: [string, string][]) =>
    list.map(([name, value]) => `${name}='${value.replaceAll("'", "'\\''")}'`).join(' ');
  const job = Buffer.from(`${assignments(own)}\nexport ${assignments(variables)}`);
  return job.length > LAUNCHED_BYTES || job.includes(0) ? null : job;
}

class Launcher {
  readonly #child: ChildProcess;
  readonly #socket: Socket;
  readonly #ready = Promise.withResolvers<void>();
  #text = '';
  #peakBytes = 0;
  #before: Measured = { cpuSeconds: 0, readBytes: 0, writtenBytes: 0 };
  #started: PromiseWithResolvers<number> | null = null;
  #ended: PromiseWithResolvers<{ exitCode: number; measured: Measured }> | null = null;
  #onFree = () => {};
  isAlive = true;

  constructor(clusterId: string) {
    this.#child = spawn(BASH, ['-p', '-c', SCRIPT, 'quarry-launcher'], {
      cwd: '/',
      env: { [CLUSTER_MARKER]: clusterId },
      detached: true,
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    this.#socket = this.#child.stdio[SOCKET] as Socket;
    this.#socket.setEncoding('latin1').on('data', (text: string) => this.#take(text));
    this.#socket.on('error', () => undefined);
    this.#child.on('error', () => this.#die());
    // The last words come before the end of the socket, and may come after the end of the process.
    this.#child.on('close', () => this.#die());
    this.#ready.promise.catch(() => undefined);
  }

  /** Rejects when this shell is not of the kind that is needed. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** `onFree` is called when the next command may come. */
  async start(job: Buffer, onFree: () => void): Promise<Launched> {
    this.#onFree = onFree;
    this.#started = Promise.withResolvers();
    this.#ended = Promise.withResolvers();
    const ended = this.#ended.promise;
    this.#socket.write(Buffer.concat([Buffer.from(String(job.length).padStart(LENGTH_DIGITS, '0')), job]));
    return { pid: await this.#started.promise, leastBytes: this.#peakBytes, ended };
  }

  #take(text: string): void {
    this.#text += text;
    for (;;) {
      const line = /^(?:ready|started (\d+)|ended (\d+))\n/m.exec(this.#text);
      if (line === null) {
        return;
      }
      const before = this.#text.slice(0, line.index);
      this.#text = this.#text.slice(line.index + line[0].length);
      if (line[1] !== undefined) {
        this.#started!.resolve(Number(line[1]));
      } else if (line[2] !== undefined) {
        this.#end(Number(line[2]), before);
      } else {
        this.#peakBytes = peakBytesOf(this.#child.pid!);
        this.#ready.resolve();
      }
    }
  }

  #end(exitCode: number, said: string): void {
    const after = parseMeasured(said);
    const measured = since(this.#before, after);
    this.#before = after;
    // Without effect on one that was started.
    this.#started!.reject(
      new Error('its directory cannot be entered, or the system has no room for a process'),
    );
    this.#ended!.resolve({ exitCode, measured });
    this.#onFree();
  }

  /** A command may kill this shell: it ends with it, as it would with a shell around it. */
  #die(): void {
    this.isAlive = false;
    this.#ready.reject(new Error('the shell that starts commands has ended'));
    this.#started?.reject(new Error('the shell that starts commands has ended'));
    this.#ended?.resolve({ exitCode: KILLED, measured: UNKNOWN });
    this.#socket.destroy();
  }
}

/** As a shell says it of SIGKILL. */
const KILLED = 137;
