import { expect, test } from 'vitest';
import { Passes } from './passes.ts';

/** Passes that end when they are told to. */
function heldPasses(retryMs: number) {
  const ends: Array<(isDone: boolean) => void> = [];
  const begun: Array<() => void> = [];
  let count = 0;
  const passes = new Passes(
    () => {
      count += 1;
      begun.shift()?.();
      return new Promise((resolve) => ends.push(resolve));
    },
    { retryMs },
  );
  const nextBegins = () => new Promise<void>((resolve) => begun.push(resolve));
  const end = (isDone: boolean) => ends.shift()!(isDone);
  return { passes, end, nextBegins, count: () => count };
}

test('however often a pass is asked for while one is under way, one more follows', async () => {
  const { passes, end, nextBegins, count } = heldPasses(3600_000);
  passes.ask();
  const second = nextBegins();
  for (let asked = 0; asked < 5; asked++) {
    passes.ask();
  }
  expect(count()).toBe(1);
  end(true);
  await second;
  expect(count()).toBe(2);
  const closed = passes[Symbol.asyncDispose]();
  end(true);
  await closed;
  expect(count()).toBe(2);
});

test('a pass that failed is tried again by itself', async () => {
  const { passes, end, nextBegins } = heldPasses(1);
  passes.ask();
  const again = nextBegins();
  end(false);
  await again;
  end(true);
  await passes[Symbol.asyncDispose]();
});

test('closing waits for the pass under way, and nothing begins after it', async () => {
  const { passes, end, count } = heldPasses(1);
  passes.ask();
  let isClosed = false;
  const closing = passes[Symbol.asyncDispose]().then(() => {
    isClosed = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(isClosed).toBe(false);
  end(false);
  await closing;
  passes.ask();
  expect(count()).toBe(1);
});
