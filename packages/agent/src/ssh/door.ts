/**
 * Where people knock who want to log in to the cluster. The agent holds the listening socket; the SSH protocol is for a process of its own, which is started when somebody comes, is handed the connections, and ends when
 * nobody has been there for a while. What it wants for a session it asks for here (sessions.ts).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type Server, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClusterFile, SshAddress } from '@quarry/contract';
import {
  SSH_CONNECTIONS,
  SSH_HANDOVERS,
  SSH_IDLE_MS,
  SSH_LOGIN_MS,
  SSH_LOGINS,
  SSH_REFUSALS_MS,
} from '../limits.ts';
import { CLUSTER_MARKER } from '../process/environment.ts';
import { ownEnvironment } from '../process/programs.ts';
import { report } from '../report.ts';
import type { CommandSlot } from '../slots/command-slot.ts';
import { Access, isFrom } from './access.ts';
import { prepareHostKey } from './host-key.ts';
import { listen } from './listen.ts';
import { LoginLog, type TellLogin } from './login-log.ts';
import type { FromServer, ToServer } from './messages.ts';
import { Sessions } from './sessions.ts';

const SERVER = fileURLToPath(new URL('./server/main.ts', import.meta.url));

export interface DoorOptions {
  cluster: ClusterFile;
  settings: NonNullable<ClusterFile['ssh']>;
  slots: readonly CommandSlot[];
}

/** A connection on its way to the process that serves it. What dies there is lost with it, so the socket stays open here too. */
interface Handover {
  message: Extract<ToServer, { kind: 'connection' }>;
  socket: Socket;
  tries: number;
  overdue: NodeJS.Timeout;
}

export class SshDoor {
  readonly address: SshAddress;
  readonly #options: DoorOptions;
  readonly #listener: Server;
  readonly #access: Access;
  readonly #hostKeyPath: string;
  readonly #connections = new Map<number, { state: 'knocking' | 'taken' | 'logged-in'; from: string }>();
  readonly #handovers = new Map<number, Handover>();
  #made = 0;
  #server: ChildProcess | null = null;
  readonly #sessions: Sessions;
  #idle: NodeJS.Timeout | undefined;
  #refusedAt = Number.NEGATIVE_INFINITY;
  #isClosed = false;
  #log: LoginLog | null = null;

  /** Rejects when the address or none of the ports can be listened on. */
  static async open(options: DoorOptions): Promise<SshDoor> {
    const { cluster, settings } = options;
    const hostKeyPath = join(cluster.directory, 'ssh_host_key');
    const hostKey = prepareHostKey(hostKeyPath);
    const listener = createServer({ pauseOnConnect: true });
    const port = await listen(listener, settings);
    return new SshDoor(options, listener, hostKeyPath, {
      host: ['0.0.0.0', '::'].includes(settings.listen) ? hostname() : settings.listen,
      port,
      username: options.slots[0]!.identity.name,
      hostKey,
    });
  }

  private constructor(options: DoorOptions, listener: Server, hostKeyPath: string, address: SshAddress) {
    this.#options = options;
    this.#listener = listener;
    this.#hostKeyPath = hostKeyPath;
    this.address = address;
    this.#sessions = new Sessions(options.slots);
    this.#access = new Access(options.cluster, options.settings.access);
    listener.on('connection', (socket) => void this.#receive(socket));
    listener.on('error', (error) => report(`The SSH port has a fault: ${error.message}`));
    listener.unref();
  }

  /** From now on it is told who logs in. */
  report(tell: TellLogin): void {
    this.#log = new LoginLog(tell);
  }

  /** Tells what is not told yet of those who have come. */
  tellRest(): void {
    this.#log?.flush();
  }

  /** Nobody comes in any more, and whoever is there is put out. */
  close(): void {
    this.#isClosed = true;
    this.#listener.close();
    clearTimeout(this.#idle);
    this.#server?.kill('SIGKILL');
    this.#server = null;
    for (const connection of this.#handovers.keys()) {
      this.#endHandover(connection);
    }
  }

  async #receive(socket: Socket): Promise<void> {
    socket.on('error', () => undefined);
    const loggingIn = [...this.#connections.values()].filter(({ state }) => state !== 'logged-in').length;
    if (this.#isClosed || this.#connections.size >= SSH_CONNECTIONS || loggingIn >= SSH_LOGINS) {
      this.#refuse(socket, 'too_many', 'there are too many');
      return;
    }
    this.#made += 1;
    const connection = this.#made;
    this.#connections.set(connection, { state: 'knocking', from: addressOf(socket) });
    const forget = () => this.#forget(connection);
    socket.once('close', forget);
    const { keys, networks } = await this.#access.ask();
    if (this.#isClosed || socket.destroyed) {
      socket.destroy();
      return;
    }
    if (!isFrom(networks, addressOf(socket))) {
      this.#refuse(socket, 'network', `${addressOf(socket)} is in no network that the job lets in`);
      return;
    }
    // From here on it is the other process that knows of its end.
    socket.removeListener('close', forget);
    const overdue = setTimeout(() => this.#giveUp(connection), SSH_LOGIN_MS).unref();
    const message = { kind: 'connection' as const, connection, keys };
    this.#handovers.set(connection, { message, socket, tries: 0, overdue });
    this.#handOver(connection);
  }

  #handOver(connection: number): void {
    const handover = this.#handovers.get(connection);
    if (handover !== undefined && handover.tries < SSH_HANDOVERS) {
      handover.tries += 1;
      this.#tell(handover.message, handover.socket);
    } else {
      this.#giveUp(connection);
    }
  }

  #giveUp(connection: number): void {
    this.#endHandover(connection);
    this.#forget(connection);
  }

  /** Closes the socket on this side alone. */
  #endHandover(connection: number): void {
    const handover = this.#handovers.get(connection);
    this.#handovers.delete(connection);
    clearTimeout(handover?.overdue);
    handover?.socket.destroy();
  }

  #refuse(socket: Socket, refusal: 'network' | 'too_many', reason: string): void {
    this.#log?.note({ refusal, fingerprint: null, from: addressOf(socket) });
    socket.destroy();
    if (performance.now() > this.#refusedAt + SSH_REFUSALS_MS) {
      this.#refusedAt = performance.now();
      report(`An SSH connection was closed, since ${reason}. Further ones of the next minute are not told.`);
    }
  }

  #forget(connection: number): void {
    this.#connections.delete(connection);
    clearTimeout(this.#idle);
    if (this.#connections.size === 0) {
      this.#idle = setTimeout(() => {
        this.#server?.kill('SIGKILL');
        this.#server = null;
      }, SSH_IDLE_MS).unref();
    }
  }

  #tell(message: ToServer, socket?: Socket): void {
    clearTimeout(this.#idle);
    try {
      this.#server ??= this.#start();
      // Whoever cannot be told any more has ended, which is heard of by its event.
      this.#server.send(message, socket, { keepOpen: true }, () => undefined);
    } catch (error) {
      // Without room for a process there is none that could be told anything, and `send` is not there.
      this.#lose(this.#server, (error as Error).message);
    }
  }

  #start(): ChildProcess {
    const { clusterId } = this.#options.cluster;
    const child = spawn(process.execPath, [SERVER, this.#hostKeyPath, this.address.username], {
      cwd: '/',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...ownEnvironment(), [CLUSTER_MARKER]: clusterId },
    });
    child.on('message', (message) => this.#hear(message as FromServer, child));
    child.on('error', (error) => this.#lose(child, error.message));
    child.on('exit', (code, signal) => this.#lose(child, String(signal ?? code)));
    return child;
  }

  /** What it served is over; what it has not taken goes to another one. */
  #lose(server: ChildProcess | null, words: string): void {
    if (this.#isClosed || this.#server !== server) {
      return;
    }
    this.#server = null;
    report(
      `The process that serves SSH connections has ended (${words}); the next connection starts another.`,
    );
    for (const [connection, { state }] of [...this.#connections]) {
      if (state !== 'knocking') {
        this.#connections.delete(connection);
      }
    }
    for (const connection of [...this.#handovers.keys()]) {
      this.#handOver(connection);
    }
  }

  #moveOn(message: Extract<FromServer, { kind: 'taken' | 'logged-in' }>): void {
    // One that was given up while the process took its time to start is there all the same.
    const connection = this.#connections.get(message.connection) ?? { state: message.kind, from: '' };
    this.#connections.set(message.connection, connection);
    clearTimeout(this.#idle);
    connection.state = message.kind;
    if (message.kind === 'logged-in') {
      this.#log?.note({ refusal: null, fingerprint: message.fingerprint, from: connection.from });
    }
  }

  #hear(message: FromServer, from: ChildProcess): void {
    if (from !== this.#server) {
      return;
    }
    switch (message.kind) {
      case 'taken':
      case 'logged-in':
        this.#endHandover(message.connection);
        this.#moveOn(message);
        return;
      case 'closed':
        if (message.refused !== undefined) {
          this.#log?.note({
            ...message.refused,
            from: this.#connections.get(message.connection)?.from ?? null,
          });
        }
        this.#giveUp(message.connection);
        return;
      case 'find-place':
        this.#tell({ kind: 'place', request: message.request, ...this.#sessions.findPlace(message.port) });
        return;
      case 'open':
        // Numbers of sessions begin anew in each process that serves connections.
        this.#sessions.open(message, String(from.pid), (answer) => {
          if (from === this.#server) {
            this.#tell(answer);
          }
        });
        return;
    }
  }
}

/** As people write it: IPv4 also where the socket is one of IPv6. */
function addressOf({ remoteAddress = '' }: Socket): string {
  return remoteAddress.replace(/^::ffff:(?=\d+\.)/i, '');
}
