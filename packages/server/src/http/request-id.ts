import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const PLAIN = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * What a request is known by in the log and in its answer (`x-request-id`): the word that whoever sent it has given it,
 * such as a proxy in front, or one of ours where that is none or could be mistaken for something else in a log.
 */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const sent = headers['x-request-id'];
  return typeof sent === 'string' && PLAIN.test(sent) ? sent : newRequestId();
}

/** 62 random bits: enough to find one line among all that a log has. */
export function newRequestId(): string {
  return randomUUID().slice(19);
}
