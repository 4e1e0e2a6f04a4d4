/**
 * Where people knock who want to log in to the cluster. The agent holds the listening socket and knows what is executed where;
 * the SSH protocol is for a process of its own, which is started when somebody comes, is handed the connections, and ends when
 * nobody has been there for a while. What it does with a session it asks for here, and it happens in the slot's launcher.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type Server, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import type { ClusterFile, SshAddress } from '@quarry/contract';
import { SSH_CONNECTIONS, SSH_IDLE_MS, SSH_LOGINS, SSH_REFUSALS_MS, SSH_SESSIONS } from '../limits.ts';
import { CLUSTER_MARKER } from '../process/environment.ts';
import { ownEnvironment } from '../process/programs.ts';
import { report } from '../report.ts';
import type { CommandSlot } from '../slots/command-slot.ts';
import { Access, isFrom } from './access.ts';
import { prepareHostKey } from './host-key.ts';
import { listen } from './listen.ts';
import type { FromServer, Place, ToServer } from './messages.ts';

const SERVER = new URL('./server/main.ts', import.meta.url).pathname;

export interface DoorOptions {
  cluster: ClusterFile;
  settings: NonNullable<ClusterFile['ssh']>;
  slots: readonly CommandSlot[];
}

export class SshDoor {
  readonly address: SshAddress;
  readonly #options: DoorOptions;
  readonly #listener: Server;
  readonly #access: Access;
  readonly #hostKeyPath: string;
  /** Whether each of them has logged in. */
  readonly #connections = new Map<number, boolean>();
  #made = 0;
  #server: ChildProcess | null = null;
  /** Sessions of each process that serves connections. */
  readonly #sessions = new Set<string>();
  #idle: NodeJS.Timeout | undefined;
  #refusedAt = Number.NEGATIVE_INFINITY;
  #isClosed = false;

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
    this.#access = new Access(options.cluster, options.settings.access);
    listener.on('connection', (socket) => void this.#receive(socket));
    listener.on('error', (error) => report(`The SSH port has a fault: ${error.message}`));
    listener.unref();
  }

  /** Nobody comes in any more, and whoever is there is put out. */
  close(): void {
    this.#isClosed = true;
    this.#listener.close();
    clearTimeout(this.#idle);
    this.#server?.kill('SIGKILL');
    this.#server = null;
  }

  async #receive(socket: Socket): Promise<void> {
    socket.on('error', () => undefined);
    const loggingIn = [...this.#connections.values()].filter((hasLoggedIn) => !hasLoggedIn).length;
    if (this.#isClosed || this.#connections.size >= SSH_CONNECTIONS || loggingIn >= SSH_LOGINS) {
      this.#refuse(socket, 'there are too many');
      return;
    }
    this.#made += 1;
    const connection = this.#made;
    this.#connections.set(connection, false);
    const forget = () => this.#forget(connection);
    socket.once('close', forget);
    const { keys, networks } = await this.#access.ask();
    if (this.#isClosed || socket.destroyed) {
      socket.destroy();
      return;
    }
    if (!isFrom(networks, socket.remoteAddress ?? '')) {
      this.#refuse(socket, `${socket.remoteAddress} is in no network that the job lets in`);
      return;
    }
    // From here on it is the other process that knows of its end.
    socket.removeListener('close', forget);
    this.#tell({ kind: 'connection', connection, keys }, socket);
  }

  #refuse(socket: Socket, reason: string): void {
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
    this.#server ??= this.#start();
    this.#server.send(message, socket, (error) => {
      if (error !== null) {
        socket?.destroy();
      }
    });
  }

  #start(): ChildProcess {
    const { clusterId } = this.#options.cluster;
    const child = spawn(process.execPath, [SERVER, this.#hostKeyPath, this.address.username], {
      cwd: '/',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...ownEnvironment(), [CLUSTER_MARKER]: clusterId },
    });
    const gone = (words: string) => {
      if (this.#server === child) {
        this.#server = null;
        this.#connections.clear();
        report(
          `The process that serves SSH connections has ended (${words}); the next connection starts another.`,
        );
      }
    };
    child.on('message', (message) => this.#hear(message as FromServer, child));
    child.on('error', (error) => gone(error.message));
    child.on('exit', (code, signal) => gone(String(signal ?? code)));
    return child;
  }

  #hear(message: FromServer, from: ChildProcess): void {
    if (from !== this.#server) {
      return;
    }
    switch (message.kind) {
      case 'logged-in':
        if (this.#connections.has(message.connection)) {
          this.#connections.set(message.connection, true);
        }
        return;
      case 'closed':
        this.#forget(message.connection);
        return;
      case 'find-place':
        this.#tell({ kind: 'place', request: message.request, ...this.#findPlace() });
        return;
      case 'open':
        this.#openSession(message, from);
        return;
    }
  }

  /** Beside the command of the first slot that executes one. */
  #findPlace(): { place: Place | null; words: string } {
    if (this.#sessions.size >= SSH_SESSIONS) {
      return {
        place: null,
        words: `There are ${SSH_SESSIONS} sessions in this job already: end one of them first.`,
      };
    }
    for (const slot of this.#options.slots) {
      const { executing } = slot;
      if (executing !== null) {
        const { number, workDirectory, environment } = executing;
        const { uid, gid } = slot.identity;
        const place = {
          ...{ slot: slot.number, command: number, pipes: slot.pipes.directory, owner: { uid, gid } },
          ...{ home: dirname(workDirectory), environment },
        };
        return { place, words: '' };
      }
    }
    return {
      place: null,
      words:
        'This job executes no command at the moment: its inputs are being prepared, or its outputs collected. Try again while it does.',
    };
  }

  #openSession({ place, launch }: Extract<FromServer, { kind: 'open' }>, from: ChildProcess): void {
    const slot = this.#options.slots.find(({ number }) => number === place.slot)!;
    // Numbers of sessions begin anew in each process that serves connections.
    const id = `${from.pid}.${launch.id}`;
    const session = launch.id;
    const answer = (message: ToServer) => {
      if (message.kind !== 'opened') {
        this.#sessions.delete(id);
      }
      if (from === this.#server) {
        this.#tell(message);
      }
    };
    this.#sessions.add(id);
    try {
      slot.openSession(
        place.command,
        { ...launch, id },
        {
          opened: () => answer({ kind: 'opened', session }),
          refused: (words) => answer({ kind: 'refused', session, words }),
          left: (status) => answer({ kind: 'left', session, status }),
        },
      );
    } catch (error) {
      answer({ kind: 'refused', session, words: (error as Error).message });
    }
  }
}
