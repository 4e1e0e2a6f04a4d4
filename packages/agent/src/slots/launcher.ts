/**
 * The program that starts the commands of a slot (launcher.pl), from our side. Node copies its page tables for every
 * process that it starts, and inside a sandbox each command would need a sandbox of its own: both are most of what a short run
 * costs. The launcher forks in a tenth of the time, lives inside the sandbox, and knows what its children used.
 *
 * What it says is taken for what it is, words: whether a run has ended is for the processes of the run to show
 * (see RunProcesses). Closing the socket ends it, and so does the death of the agent.
 */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { COMMAND_OOM_SCORE, LAUNCHER_TEXT_BYTES, LAUNCHER_WORDS_BYTES } from '../limits.ts';
import { BASH } from '../process/environment.ts';
import { findProgram } from '../process/programs.ts';
import { type Measured, since, UNKNOWN } from '../process/usage.ts';
import type { Isolation } from '../sandbox/kind.ts';

const PROGRAM = `${['./launcher.pl', './session.pl', './forward.pl'].map((name) => readFileSync(new URL(name, import.meta.url), 'utf8')).join('')}main();\n`;
const SOCKET = 3;
const LENGTH_DIGITS = 8;
/** What `waitpid` tells of a process that SIGKILL has ended. */
const KILL_STATUS = 9;

export interface LauncherOptions {
  isolation: Isolation;
  /** The sandbox: a program and arguments that end where another program begins. Empty without one. */
  prefix: string[];
  /** A user namespace in which the launcher is to be root. */
  userNamespace: number | null;
  /** Whom commands are to run as, where that is not whom the launcher runs as. */
  commandIds: { uid: number; gid: number } | null;
  /** The pipe that a run reads which is held back. */
  hold: string;
  environment: Record<string, string>;
}

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

interface LaunchBeside {
  /** Without blanks; no other one of this launcher has it at the same time. */
  id: string;
  /** Named pipes that somebody has open at the other end. */
  pipes: SessionPipePaths;
}

/** What somebody who has logged in wants to do beside the command that is executed. */
export type SessionLaunch = ProgramLaunch | ForwardLaunch;

/** A connection to a port in the network of the command. */
export interface ForwardLaunch extends LaunchBeside {
  forward: PortAddress;
}

export interface PortAddress {
  address: '127.0.0.1' | '::1';
  port: number;
}

/** A shell or a command. */
export interface ProgramLaunch extends LaunchBeside {
  /** Null without a terminal. */
  terminal: { columns: number; rows: number } | null;
  directory: string;
  /** Null for a shell. */
  command: string | null;
  environment: Record<string, string>;
}

export interface SessionPipePaths {
  control: string;
  input: string;
  output: string;
  errors: string;
}

/** What becomes of a session; `left` and `refused` are the last that is heard. */
export interface SessionEvents {
  opened(): void;
  refused(words: string): void;
  /** As `waitpid` tells it. */
  left(status: number): void;
}

export interface LauncherReady {
  /** Whether a run reaches no abstract sockets but its own, as Linux 6.12 and later can have it. */
  partsAbstractSockets: boolean;
}

interface CommandStarted {
  /** As the launcher counts processes, which with namespaces is not as the host does. */
  pid: number;
  ended: Promise<{ exitCode: number; measured: Measured }>;
}

/** The launcher has gone, or has never come up, for a reason that it may have given. */
export class LauncherLost extends Error {}

/** A command was not started, for the reason given. */
export class NotStarted extends Error {
  /** Whether it is for want of something that others may give back. */
  readonly mayPass: boolean;

  constructor(words: string, { mayPass }: { mayPass: boolean }) {
    super(words);
    this.mayPass = mayPass;
  }
}

export class Launcher {
  readonly #child: ChildProcess;
  readonly #socket: Socket;
  readonly #ready = Promise.withResolvers<LauncherReady>();
  readonly #exited = Promise.withResolvers<void>();
  #said = '';
  #words = '';
  #before: Measured = { cpuSeconds: 0, readBytes: 0, writtenBytes: 0 };
  #used: Measured = UNKNOWN;
  #started: PromiseWithResolvers<number> | null = null;
  #ended: PromiseWithResolvers<{ exitCode: number; measured: Measured }> | null = null;
  readonly #sessions = new Map<string, SessionEvents>();
  #isAlive = true;

  /** Throws when this host has no Perl. */
  constructor({ isolation, prefix, userNamespace, commandIds, hold, environment }: LauncherOptions) {
    const perl = findProgram('perl');
    if (perl === null) {
      throw new Error('the program "perl" is missing: install the package "perl"');
    }
    const ids = [userNamespace === null ? '-' : '0', commandIds?.uid ?? '-', commandIds?.gid ?? '-'].map(
      String,
    );
    const [program, ...args] = [...prefix, perl, '-e', PROGRAM, process.arch, isolation, ...ids, hold, BASH];
    const stdio: StdioOptions = [
      'ignore',
      'ignore',
      'pipe',
      'pipe',
      ...(userNamespace === null ? [] : [userNamespace]),
    ];
    this.#child = spawn(program!, args, { cwd: '/', env: environment, detached: true, stdio });
    this.#socket = this.#child.stdio[SOCKET] as Socket;
    this.#socket.setEncoding('latin1').on('data', (text: string) => this.#hear(text));
    this.#socket.on('error', () => undefined);
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#words = (this.#words + text).slice(-LAUNCHER_WORDS_BYTES);
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

  /** The process that was started: the launcher, or the sandbox around it. Undefined when none could be. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Rejects with a LauncherLost when the launcher, or the sandbox around it, cannot be had. */
  get ready(): Promise<LauncherReady> {
    return this.#ready.promise;
  }

  /** Resolves when the process that was started has ended, whatever others still hold. */
  get exited(): Promise<void> {
    return this.#exited.promise;
  }

  /** Starts a command. Rejects with NotStarted or LauncherLost. */
  async start(launch: Launch): Promise<CommandStarted> {
    const fields = encode(launch);
    if (!this.#isAlive) {
      throw this.#lost();
    }
    this.#started = Promise.withResolvers();
    this.#ended = Promise.withResolvers();
    const ended = this.#ended.promise;
    ended.catch(() => undefined);
    this.#send(fields);
    return { pid: await this.#started.promise, ended };
  }

  /** Opens a session, or a connection to a port, beside the command that is executed. Throws when its command or environment has a NUL in it. */
  openSession(launch: SessionLaunch, events: SessionEvents): void {
    const fields = encodeSession(launch);
    if (!this.#isAlive) {
      events.refused('what executes the commands has ended');
      return;
    }
    this.#sessions.set(launch.id, events);
    this.#send(fields);
  }

  /** Lets the launcher end when the command that runs has ended. */
  close(): void {
    this.#socket.end();
  }

  #send(fields: Buffer): void {
    this.#socket.write(
      Buffer.concat([Buffer.from(String(fields.length).padStart(LENGTH_DIGITS, '0')), fields]),
    );
  }

  #hear(text: string): void {
    const lines = (this.#said + text).split('\n');
    this.#said = lines.pop()!;
    for (const line of lines) {
      this.#take(line);
    }
    if (this.#said.length > LAUNCHER_TEXT_BYTES) {
      this.#child.kill('SIGKILL');
    }
  }

  #take(line: string): void {
    const [word, ...rest] = line.split(' ');
    switch (word) {
      case 'ready':
        this.#ready.resolve({ partsAbstractSockets: rest[0] === 'parted' });
        return;
      case 'started':
        this.#started?.resolve(Number(rest[0]));
        return;
      case 'failed':
        this.#started?.reject(new NotStarted(rest.slice(1).join(' '), { mayPass: rest[0] === 'for-now' }));
        return;
      case 'used':
        this.#used = parseUsed(rest);
        return;
      case 'ended':
        this.#end(Number(rest[0]));
        return;
      case 'opened':
        this.#sessions.get(rest[0]!)?.opened();
        return;
      case 'refused':
        this.#endSession(rest[0]!)?.refused(rest.slice(1).join(' '));
        return;
      case 'left':
        this.#endSession(rest[0]!)?.left(Number(rest[1]));
        return;
    }
  }

  #end(exitCode: number): void {
    const measured = since(this.#before, this.#used);
    this.#before = this.#used;
    // Without effect on one that was started, or that said why not.
    this.#started?.reject(new NotStarted('it ended before it began', { mayPass: true }));
    this.#ended?.resolve({ exitCode, measured });
  }

  #endSession(id: string): SessionEvents | undefined {
    const events = this.#sessions.get(id);
    this.#sessions.delete(id);
    return events;
  }

  #lose(): void {
    this.#isAlive = false;
    for (const id of [...this.#sessions.keys()]) {
      this.#endSession(id)?.left(KILL_STATUS);
    }
    this.#ready.reject(this.#lost());
    this.#started?.reject(this.#lost());
    this.#ended?.reject(this.#lost());
    this.#socket.destroy();
  }

  #lost(): LauncherLost {
    return new LauncherLost(this.#words.trim() || 'the program that starts commands has ended');
  }
}

const HEXADECIMAL: Record<PortAddress['address'], string> = {
  '127.0.0.1': '7f000001',
  '::1': '1'.padStart(32, '0'),
};

/** As launcher.pl reads it; this and the next throw when there is a NUL in it, which nothing on Linux can pass on. */
function encode({ command, environment, workDirectory, stdout, stderr, limits }: Launch): Buffer {
  return join([
    ...[
      'run',
      workDirectory,
      stdout,
      stderr,
      limits.openFiles ?? '',
      limits.processes ?? '',
      COMMAND_OOM_SCORE,
      command,
    ],
    ...variables(environment),
  ]);
}

/** As session.pl and forward.pl read it. */
function encodeSession(launch: SessionLaunch): Buffer {
  const { id, pipes } = launch;
  const common = [id, pipes.control, pipes.input, pipes.output, pipes.errors];
  if ('forward' in launch) {
    const { address, port } = launch.forward;
    return join(['forward', ...common, HEXADECIMAL[address], port]);
  }
  const { terminal, directory, command, environment } = launch;
  return join([
    ...['session', ...common],
    ...[terminal?.columns ?? '', terminal?.rows ?? '', directory, command ?? ''],
    ...variables(environment),
  ]);
}

function variables(environment: Record<string, string>): string[] {
  return Object.entries(environment).map((variable) => variable.join('='));
}

function join(fields: (string | number)[]): Buffer {
  if (fields.some((field) => String(field).includes('\0'))) {
    throw new Error('it, or its environment, has a NUL in it');
  }
  return Buffer.from(fields.join('\0'));
}

function parseUsed([microseconds, read, written]: string[]): Measured {
  const number = (text: string | undefined) => (text === undefined || text === '-' ? null : Number(text));
  const used = number(microseconds);
  return {
    cpuSeconds: used === null ? null : used / 1e6,
    readBytes: number(read),
    writtenBytes: number(written) === null ? null : Math.max(0, number(written)!),
  };
}
