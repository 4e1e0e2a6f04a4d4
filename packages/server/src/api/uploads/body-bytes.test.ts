import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { bodyBytes } from './body-bytes.ts';

const STALL_MILLISECONDS = 20;

/** A body that gives some chunks and then neither more nor its end. */
const hanging = (...chunks: string[]) => {
  const body = new Readable({ read() {} });
  for (const chunk of chunks) {
    body.push(chunk);
  }
  return body;
};

test('a body that gives nothing for too long is told, once somebody waits for it', async () => {
  const stalled = Promise.withResolvers<unknown>();
  const body = hanging('a');
  const bytes = bodyBytes(body, stalled.resolve, STALL_MILLISECONDS);
  expect(String((await bytes.next()).value)).toBe('a');
  const never = bytes.next();
  expect(await stalled.promise).toMatchObject({ status: 408, code: 'upload_stalled' });
  body.push(null);
  expect(await never).toMatchObject({ done: true });
});

test('a body is not to blame when nobody asks it for more', async () => {
  let isBlamed = false;
  const bytes = bodyBytes(
    hanging('a', 'b'),
    () => {
      isBlamed = true;
    },
    STALL_MILLISECONDS,
  );
  await bytes.next();
  await sleep(STALL_MILLISECONDS * 5);
  expect(isBlamed).toBe(false);
  await bytes.return(undefined);
});

test('leaving off early does not destroy the body', async () => {
  const body = hanging('a', 'b');
  for await (const _ of bodyBytes(body, () => undefined)) {
    break;
  }
  expect(body.destroyed).toBe(false);
});
