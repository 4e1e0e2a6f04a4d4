/**
 * A TCP proxy that is as slow, as far away and as unreliable as it is told to be, for kernels that cannot do it
 * themselves. It limits, delays, cuts and corrupts, and counts every byte that it passes on.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { type Corruption, Corruptions, type Direction } from './corruption.ts';
import { type CutOptions, CutPlan } from './cuts.ts';
import { HttpBodies } from './http-bodies.ts';
import { Pace } from './pace.ts';
import { Pump } from './pump.ts';

export interface ProxyOptions {
  /** Where connections go: `host:port`, or an http address whose host and port count. */
  target: string;
  /** The loopback when absent. */
  host?: string | undefined;
  /** A free one when absent. */
  port?: number | undefined;
  /** Bytes per second of each connection, each direction by itself. */
  ratePerConnection?: number | undefined;
  /** Bytes per second of all connections together, each direction by itself. */
  rate?: number | undefined;
  /** Added to each round trip in milliseconds, half of it each way; opening a connection costs one, too. */
  latencyMs?: number | undefined;
  cuts?: CutOptions | undefined;
  /** How a cut looks to both ends: a reset, or an end as if it were complete. A reset when absent. */
  cutBy?: 'reset' | 'end' | undefined;
  corruptions?: readonly Corruption[] | undefined;
}

/** A connection that was cut, and what it had carried. */
export interface Cut {
  up: number;
  down: number;
  /**
   * Bytes of the exchange that was under way, each direction by itself: since the other side had spoken last. A client
   * that begins its request again loses these, and no more.
   */
  exchangeUp: number;
  exchangeDown: number;
}

export interface ProxyStats {
  connections: number;
  openConnections: number;
  /** Bytes passed on to the target. */
  bytesUp: number;
  /** Bytes passed on to clients. */
  bytesDown: number;
  cuts: Cut[];
  corrupted: number;
}

export interface Proxy extends AsyncDisposable {
  /** `http://` with host and port. */
  readonly url: string;
  readonly port: number;
  readonly stats: ProxyStats;
  /** Cuts every open connection now; answers how many there were. */
  cutAll(): number;
}

/** Enough for two fast ends; less would stop the reading after each piece. */
const BUFFER_BYTES = 1024 * 1024;

/** Listens, and passes connections on until it is disposed of. */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const target = parseTarget(options.target);
  const shared: Shared = {
    cutBy: options.cutBy ?? 'reset',
    latencyMs: options.latencyMs ?? 0,
    ratePerConnection: options.ratePerConnection,
    plan: new CutPlan(options.cuts ?? {}),
    paces: { up: paceOf(options.rate), down: paceOf(options.rate) },
    corruptions: {
      up: new Corruptions(options.corruptions ?? [], 'up'),
      down: new Corruptions(options.corruptions ?? [], 'down'),
    },
    counts: { connections: 0, bytesUp: 0, bytesDown: 0 },
    cuts: [],
  };
  const open = new Set<Connection>();
  const server = createServer(
    { allowHalfOpen: true, noDelay: true, pauseOnConnect: true, highWaterMark: BUFFER_BYTES },
    (client) => {
      shared.counts.connections += 1;
      const upstream = connect({
        ...{ ...target, allowHalfOpen: true, noDelay: true },
        ...{ highWaterMark: BUFFER_BYTES },
      });
      const connection = new Connection(client, upstream, shared, () => open.delete(connection));
      open.add(connection);
    },
  );
  server.listen(options.port ?? 0, options.host ?? '127.0.0.1');
  await once(server, 'listening');
  const { port, address } = server.address() as { port: number; address: string };
  return {
    url: `http://${address.includes(':') ? `[${address}]` : address}:${port}`,
    port,
    get stats() {
      return {
        ...shared.counts,
        openConnections: open.size,
        cuts: [...shared.cuts],
        corrupted: shared.corruptions.up.done + shared.corruptions.down.done,
      };
    },
    cutAll() {
      const count = open.size;
      for (const connection of [...open]) {
        connection.cut();
      }
      return count;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      for (const connection of [...open]) {
        connection.destroy();
      }
      if (server.listening) {
        await once(server, 'close');
      }
    },
  };
}

interface Shared {
  cutBy: 'reset' | 'end';
  latencyMs: number;
  ratePerConnection: number | undefined;
  plan: CutPlan;
  paces: Record<Direction, Pace[]>;
  corruptions: Record<Direction, Corruptions>;
  counts: { connections: number; bytesUp: number; bytesDown: number };
  cuts: Cut[];
}

class Connection {
  readonly #client: Socket;
  readonly #upstream: Socket;
  readonly #shared: Shared;
  readonly #pumps: Pump[];
  readonly #carried: Record<Direction, number> = { up: 0, down: 0 };
  readonly #exchange: Record<Direction, number> = { up: 0, down: 0 };
  #lastSpoke: Direction = 'up';

  constructor(client: Socket, upstream: Socket, shared: Shared, onClose: () => void) {
    this.#client = client;
    this.#upstream = upstream;
    this.#shared = shared;
    const methods: string[] = [];
    this.#pumps = [
      this.#pump('up', client, upstream, methods),
      this.#pump('down', upstream, client, methods),
    ];
    let closed = 0;
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      // A broken end breaks the other one; without a listener it would break the program.
      socket.on('error', () => other.resetAndDestroy());
      socket.on('close', () => {
        closed += 1;
        if (closed === 2) {
          this.destroy();
          onClose();
        }
      });
    }
    client.resume();
  }

  cut(): void {
    for (const pump of this.#pumps) {
      pump.stop();
    }
    const { up, down } = this.#carried;
    this.#shared.cuts.push({ up, down, exchangeUp: this.#exchange.up, exchangeDown: this.#exchange.down });
    for (const socket of [this.#client, this.#upstream]) {
      if (this.#shared.cutBy === 'reset') {
        socket.resetAndDestroy();
      } else {
        end(socket);
      }
    }
  }

  destroy(): void {
    for (const pump of this.#pumps) {
      pump.stop();
    }
    this.#client.destroy();
    this.#upstream.destroy();
  }

  #pump(direction: Direction, source: Socket, target: Socket, methods: string[]): Pump {
    const { latencyMs, ratePerConnection, paces, corruptions } = this.#shared;
    const bodies = corruptions[direction].needsBodies || corruptions[other(direction)].needsBodies;
    const finder = bodies
      ? new HttpBodies({
          methods,
          kind: direction === 'up' ? 'requests' : 'responses',
          onBody: (sizeBytes) => corruptions[direction].beginBody(sizeBytes),
        })
      : null;
    return new Pump({
      source,
      target,
      paces: [...paceOf(ratePerConnection), ...paces[direction]],
      latencyMs: latencyMs / 2,
      // The kernel answers the handshake at once; over this distance it would have taken a round trip.
      firstLatencyMs: direction === 'up' ? latencyMs : 0,
      admit: (bytes) => {
        const count = this.#count(direction, bytes.byteLength);
        corruptions[direction].pass(bytes.subarray(0, count), finder);
        return count;
      },
      onCut: () => this.cut(),
    });
  }

  #count(direction: Direction, wanted: number): number {
    const { plan, counts } = this.#shared;
    const count = plan.admit(this.#carried.up + this.#carried.down, wanted);
    this.#carried[direction] += count;
    if (direction === 'up') {
      counts.bytesUp += count;
    } else {
      counts.bytesDown += count;
    }
    if (this.#lastSpoke !== direction) {
      this.#exchange[direction] = 0;
    }
    this.#lastSpoke = direction;
    this.#exchange[direction] += count;
    return count;
  }
}

/** Ends a socket with all that was written to it; what still comes is thrown away, since a reset would lose that. */
function end(socket: Socket): void {
  socket.removeAllListeners('data');
  socket.end();
  socket.resume();
  socket.once('end', () => socket.destroySoon());
}

function paceOf(bytesPerSecond: number | undefined): Pace[] {
  return bytesPerSecond === undefined ? [] : [new Pace(bytesPerSecond)];
}

function other(direction: Direction): Direction {
  return direction === 'up' ? 'down' : 'up';
}

function parseTarget(target: string): { host: string; port: number } {
  const { hostname, port, protocol } = new URL(target.includes('://') ? target : `http://${target}`);
  if (protocol !== 'http:') {
    throw new Error(`${target}: only plain connections can be passed on.`);
  }
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80) };
}
