/**
 * What is known of every request when it is over: one line of the log, and numbers for whoever counts. Neither has what a
 * client chose: of the path only its template, nothing of queries, headers and bodies.
 */
import type { Socket } from 'node:net';
import type { EndpointDefinition } from '@quarry/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../access/caller.ts';
import type { Logger } from '../logger.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What the request asks for; null where no endpoint is at its path. */
    endpoint: Pick<EndpointDefinition, 'path' | 'access'> | null;
    /** Null as long as nobody has looked who it is. */
    caller: Caller | null;
  }
}

/** What nginx calls a request whose client did not wait for an answer. */
const CLIENT_GONE = 499;
/** What a connection had carried at the end of its last request. */
const CARRIED = Symbol('carried');
type Connection = Socket & { [CARRIED]?: { read: number; written: number } };

/** A request that is over. */
export interface RequestRecord {
  id: string;
  method: string;
  /** The path as the contract writes it, such as `/api/v2/jobs/:jobId/`; null where no endpoint is at its path. */
  route: string | null;
  status: number;
  seconds: number;
  /** With headers, as they went over the connection. */
  receivedBytes: number;
  sentBytes: number;
  caller: Caller | null;
  /** False when the connection broke before all of the answer was sent. */
  isComplete: boolean;
}

export interface RequestLog {
  /** Requests that have not been answered wholly. */
  readonly inFlight: number;
  /** To be called once for each request. */
  begin(request: FastifyRequest, reply: FastifyReply): void;
  onEnd(listener: (record: RequestRecord) => void): void;
}

export function createRequestLog(logger: Logger): RequestLog {
  const listeners: Array<(record: RequestRecord) => void> = [];
  let inFlight = 0;

  function end(request: FastifyRequest, { raw }: FastifyReply, socket: Connection, began: number): void {
    inFlight -= 1;
    const { endpoint, caller, id, method } = request;
    const before = socket[CARRIED] ?? { read: 0, written: 0 };
    const [read, written] = [socket.bytesRead, socket.bytesWritten ?? before.written];
    const record: RequestRecord = {
      id,
      method,
      route: endpoint?.path ?? null,
      status: raw.headersSent ? raw.statusCode : CLIENT_GONE,
      seconds: (performance.now() - began) / 1000,
      receivedBytes: read - before.read,
      sentBytes: written - before.written,
      caller,
      isComplete: raw.writableFinished,
    };
    before.read = read;
    before.written = written;
    socket[CARRIED] = before;
    const level = levelOf(record, endpoint);
    if (logger.isLevelEnabled(level)) {
      logger[level](wordsOf(record), 'request');
    }
    for (const listener of listeners) {
      listener(record);
    }
  }

  return {
    get inFlight() {
      return inFlight;
    },
    begin(request, reply) {
      inFlight += 1;
      const began = performance.now();
      const { socket } = request.raw;
      let isOver = false;
      const onClose = () => {
        socket.off('close', onClose);
        if (!isOver) {
          end(request, reply, socket, began);
        }
        isOver = true;
      };
      // Emitted in any case, unlike `finish`; but of an answer that has not got the connection only by the connection.
      reply.raw.once('close', onClose);
      if (reply.raw.socket !== null) {
        return;
      }
      // One listener for each request that waits, which may be hundreds.
      socket.setMaxListeners(0);
      socket.once('close', onClose);
    },
    onEnd: (listener) => listeners.push(listener),
  };
}

const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * What changes something, and what fails, is worth a line on any day. Agents ask many times a second, and reading is most
 * of what is asked.
 */
function levelOf(
  { method, status }: RequestRecord,
  endpoint: FastifyRequest['endpoint'],
): 'warn' | 'info' | 'debug' {
  if (status >= 500) {
    return 'warn';
  }
  if (status >= 400) {
    return 'info';
  }
  return READING.has(method) || endpoint?.access === 'agent' ? 'debug' : 'info';
}

function wordsOf({ id, seconds, caller, isComplete, ...record }: RequestRecord): object {
  return {
    request: id,
    ...record,
    milliseconds: Math.round(seconds * 1e5) / 100,
    ...whoOf(caller),
    ...(isComplete ? {} : { brokenOff: true }),
  };
}

function whoOf(caller: Caller | null): object {
  switch (caller?.kind) {
    case 'user':
      return { user: caller.userId };
    case 'job':
      return { user: caller.userId, job: caller.jobId };
    case 'agent':
      return { user: caller.userId, job: caller.jobId, cluster: caller.clusterId };
    default:
      return {};
  }
}
