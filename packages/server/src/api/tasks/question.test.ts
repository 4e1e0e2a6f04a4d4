import { expect, test } from 'vitest';
import type { Caller } from '../../access/caller.ts';
import { LIMITS } from '../../limits.ts';
import { openQuestion, sealQuestion } from './question.ts';

const secret = Buffer.alloc(32, 7);
const caller: Caller = {
  ...{
    kind: 'user',
    credential: { kind: 'key', id: 'k' },
    userId: 'u',
    email: 'ann@lab.example',
    role: 'member',
    workspaceId: 'w',
  },
} as Caller;
const question = { kind: 'load', jobId: 'AbCdEf', fromMs: 0, toMs: 1000, periodMs: 10 } as const;

test('a question is opened as it was sealed, until it expires, which is said', () => {
  const token = sealQuestion(secret, { caller, nowMs: 0 }, question);
  const last = LIMITS.taskSeconds * 1000;
  expect(openQuestion(secret, { caller, nowMs: last }, token)).toEqual(question);
  expect(() => openQuestion(secret, { caller, nowMs: last + 1 }, token)).toThrow('This token has expired.');
  expect(() => openQuestion(Buffer.alloc(32, 8), { caller, nowMs: 0 }, token)).toThrow('There is no task');
});
