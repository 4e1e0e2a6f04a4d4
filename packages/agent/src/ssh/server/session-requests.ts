/** What a client asks for in its sessions: a terminal, variables, and then a shell, a command or the subsystem `sftp`. */
import type { ServerChannel, Session } from 'ssh2';
import {
  SSH_COMMAND_BYTES,
  SSH_SESSIONS_PER_CONNECTION,
  SSH_VARIABLE_BYTES,
  SSH_VARIABLES,
} from '../../limits.ts';
import type { Agent } from './agent.ts';
import { type SessionControl, serveSession } from './serve-session.ts';

/** Where distributions have OpenSSH's program for file transfers; looked for inside the sandbox. */
const SFTP_SERVERS = [
  '/usr/lib/openssh/sftp-server',
  '/usr/libexec/openssh/sftp-server',
  '/usr/libexec/sftp-server',
  '/usr/lib/ssh/sftp-server',
  '/usr/lib/sftp-server',
];
const SFTP_COMMAND = [
  `for program in ${SFTP_SERVERS.join(' ')}; do if [ -x "$program" ]; then exec "$program"; fi; done`,
  'echo "This host has no sftp-server: install the package openssh-sftp-server there, or copy with scp -O." >&2',
  'exit 127',
].join('\n');

const MOST_COLUMNS = 65_535;
const TERMINAL_NAME = /^[\w.+-]{1,64}$/;
const LOCALE_NAME = /^(LANG|LC_[A-Z]+)$/;
const SIGNALS = new Set(['ABRT', 'ALRM', 'HUP', 'INT', 'KILL', 'PIPE', 'QUIT', 'TERM', 'USR1', 'USR2']);

export class SessionRequests {
  readonly #agent: Agent;
  readonly #gone: AbortSignal;
  #open = 0;

  /** `gone` says that the connection has ended, whatever of it has not been read yet. */
  constructor(agent: Agent, gone: AbortSignal) {
    this.#agent = agent;
    this.#gone = gone;
  }

  take(accept: () => Session, reject: (words: string) => void): void {
    if (this.#open >= SSH_SESSIONS_PER_CONNECTION) {
      reject(`There are ${SSH_SESSIONS_PER_CONNECTION} sessions in this login already: end one first.`);
      return;
    }
    this.#open += 1;
    const session = accept();
    const environment: Record<string, string> = {};
    let terminal: { columns: number; rows: number } | null = null;
    let control: SessionControl | null = null;
    session.on('close', () => {
      this.#open -= 1;
    });
    session.on('pty', (agree, _refuse, { cols, rows, term }) => {
      terminal = { columns: bounded(cols, 80), rows: bounded(rows, 24) };
      environment.TERM = TERMINAL_NAME.test(term) ? term : 'xterm';
      agree?.();
    });
    session.on('env', (agree, refuse, { key, val }) => {
      const isFull = Object.keys(environment).length >= SSH_VARIABLES;
      if (LOCALE_NAME.test(key) && val.length <= SSH_VARIABLE_BYTES && !val.includes('\0') && !isFull) {
        environment[key] = val;
        agree?.();
      } else {
        refuse?.();
      }
    });
    session.on('window-change', (agree, _refuse, { cols, rows }) => {
      control?.resize(bounded(cols, 80), bounded(rows, 24));
      agree?.();
    });
    session.on('signal', (agree, refuse, { name }) => {
      if (SIGNALS.has(name) && control?.signal(name) === true) {
        agree?.();
      } else {
        refuse?.();
      }
    });
    const start = (channel: ServerChannel, command: string | null, withTerminal = terminal) => {
      control ??= serveSession(
        this.#agent,
        channel,
        { command, terminal: withTerminal, environment },
        this.#gone,
      );
    };
    session.on('shell', (agree) => start(agree(), null));
    session.on('exec', (agree, refuse, { command }) => {
      // An empty command is what a shell is asked for by.
      if (Buffer.byteLength(command) > SSH_COMMAND_BYTES || command.includes('\0') || control !== null) {
        refuse?.();
      } else {
        start(agree(), command === '' ? ':' : command);
      }
    });
    session.on('subsystem', (agree, refuse, { name }) => {
      if (name === 'sftp' && control === null) {
        start(agree(), SFTP_COMMAND, null);
      } else {
        refuse?.();
      }
    });
  }
}

function bounded(value: number, otherwise: number): number {
  return Number.isInteger(value) && value > 0 ? Math.min(value, MOST_COLUMNS) : otherwise;
}
