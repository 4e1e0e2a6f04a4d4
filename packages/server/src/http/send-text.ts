/** Sends texts, JSON above all, so that a client that has one already need not get it again. */
import { pipeline, Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LIMITS } from '../limits.ts';
import { chooseCoding } from './content-coding.ts';
import { isListed, weakTagOf } from './entity-tags.ts';

/** What a user sees is that user's: kept by nobody else, and by the user's own cache only to ask whether it still holds. */
const PRIVATE = 'private, no-cache';

export interface TextSettings {
  /** Whether texts are compressed for clients that ask for it. */
  compress: boolean;
  /** The header `Vary` of what depends on who asks and how. */
  vary: string;
}

/**
 * What answers depend on beside their address: whose key or session the request carries, the codings it takes and, where a proxy
 * tells how it was reached, what it tells, since links in answers are absolute.
 */
export function varyOf(site: { trustProxy: boolean; publicUrl: string | null }): string {
  const names = ['Authorization', 'X-Quarry-Session', 'Accept-Encoding'];
  if (site.trustProxy && site.publicUrl === null) {
    names.push('X-Forwarded-Host', 'X-Forwarded-Proto');
  }
  return names.join(', ');
}

/** Sends a text with an entity tag, or 304 to whoever knows it; compressed where that is asked for and pays. */
export function sendText(
  request: FastifyRequest,
  reply: FastifyReply,
  text: string | Buffer,
  settings: TextSettings,
): FastifyReply | Promise<FastifyReply> {
  if (reply.statusCode === 200 && (request.method === 'GET' || request.method === 'HEAD')) {
    let tag = reply.getHeader('etag') as string | undefined;
    if (tag === undefined) {
      tag = weakTagOf(text);
      reply.header('etag', tag);
    }
    if (!reply.hasHeader('cache-control')) {
      reply.header('cache-control', PRIVATE);
    }
    varyBy(reply, settings.vary);
    if (isListed(request.headers['if-none-match'], tag)) {
      return reply.removeHeader('content-type').code(304).send();
    }
  }
  const coder =
    settings.compress && text.length >= LIMITS.compressFromBytes && reply.statusCode !== 304
      ? chooseCoding(request.headers['accept-encoding'])
      : null;
  if (!coder) {
    return reply.send(text);
  }
  varyBy(reply, settings.vary);
  weaken(reply);
  reply.header('content-encoding', coder.name);
  return coder.whole(text).then((bytes) => reply.send(bytes));
}

/** Sends a text of unknown length: like any other while it is short, else as it comes and without a tag. */
export async function sendTextStream(
  request: FastifyRequest,
  reply: FastifyReply,
  stream: Readable,
  settings: TextSettings,
): Promise<FastifyReply> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  const iterator = stream.iterator({ destroyOnReturn: false });
  for (;;) {
    const { done, value } = await iterator.next();
    if (done) {
      return sendText(request, reply, Buffer.concat(pieces), settings);
    }
    pieces.push(value);
    bytes += value.length;
    if (bytes >= LIMITS.taggedBytes) {
      break;
    }
  }
  await iterator.return?.();
  reply.header('cache-control', PRIVATE);
  varyBy(reply, settings.vary);
  const coder = settings.compress ? chooseCoding(request.headers['accept-encoding']) : null;
  if (coder) {
    reply.header('content-encoding', coder.name);
  }
  if (request.method === 'HEAD') {
    stream.destroy();
    return reply.send(Readable.from([]));
  }
  const all = Readable.from(concatenated(pieces, stream), { objectMode: false });
  // A reader who leaves at once has not begun to read from it.
  all.once('close', () => stream.destroy());
  // A failure reaches the reader through the last stream.
  return reply.send(coder ? pipeline(all, coder.piecewise(), () => undefined) : all);
}

async function* concatenated(pieces: readonly Buffer[], rest: Readable): AsyncGenerator<Buffer> {
  yield* pieces;
  yield* rest;
}

function varyBy(reply: FastifyReply, names: string): void {
  const already = reply.getHeader('vary');
  reply.header('vary', already === undefined || already === names ? names : `${already}, ${names}`);
}

/** A strong tag promises the same bytes, which differ from coding to coding. */
function weaken(reply: FastifyReply): void {
  const tag = reply.getHeader('etag');
  if (typeof tag === 'string' && !tag.startsWith('W/')) {
    reply.header('etag', `W/${tag}`);
  }
}
