/**
 * Questions whose answers are fetched later. A token is the question itself, signed: nothing is kept for it, and it is
 * as good after a restart. It holds a dot, which no id does: so it is told from the id of a task, which is in a table.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Caller, person } from '../../access/caller.ts';
import type { LoadWindow } from '../../jobs/runs/load.ts';
import { LIMITS } from '../../limits.ts';
import { gone, notFound } from '../../problems.ts';

export type Question = { kind: 'load'; jobId: string } & LoadWindow;

interface Sealed {
  question: Question;
  userId: string;
  expiresAtMs: number;
}

interface Asking {
  caller: Caller;
  nowMs: number;
}

/** Whether this is a token and no id of a task. */
export function isToken(text: string): boolean {
  return text.includes('.');
}

/** The token that stands for a question of this caller. */
export function sealQuestion(secret: Buffer, { caller, nowMs }: Asking, question: Question): string {
  const sealed: Sealed = {
    question,
    userId: person(caller).userId,
    expiresAtMs: nowMs + LIMITS.taskSeconds * 1000,
  };
  const text = Buffer.from(JSON.stringify(sealed)).toString('base64url');
  return `${text}.${signatureOf(secret, text).toString('base64url')}`;
}

/** The question that a token stands for; refuses what is none, one of somebody else, and one that is too old. */
export function openQuestion(secret: Buffer, { caller, nowMs }: Asking, token: string): Question {
  const [text = '', signature = '', ...rest] = token.split('.');
  const given = Buffer.from(signature, 'base64url');
  const right = signatureOf(secret, text);
  const isOurs = rest.length === 0 && given.length === right.length && timingSafeEqual(given, right);
  const sealed = isOurs ? (JSON.parse(Buffer.from(text, 'base64url').toString()) as Sealed) : null;
  if (sealed === null || sealed.userId !== person(caller).userId) {
    throw notFound('There is no task with this token that is yours.');
  }
  if (sealed.expiresAtMs < nowMs) {
    throw gone('This token has expired.', {
      code: 'task_expired',
      hint: `Ask again: the answer to a question can be fetched for ${LIMITS.taskSeconds / 60} minutes.`,
    });
  }
  return sealed.question;
}

function signatureOf(secret: Buffer, text: string): Buffer {
  return createHmac('sha256', secret).update(`task:${text}`).digest();
}
