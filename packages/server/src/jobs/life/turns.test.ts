import { expect, test } from 'vitest';
import { Turns } from './turns.ts';

test('work under one name waits for what came before, also when that failed, and other names do not', async () => {
  const turns = new Turns();
  const done: string[] = [];
  const held = Promise.withResolvers<void>();
  const first = turns.take('one', async () => {
    await held.promise;
    done.push('first');
    throw new Error('It failed.');
  });
  const second = turns.take('one', async () => done.push('second'));
  await turns.take('other', async () => done.push('other'));
  expect(done).toEqual(['other']);
  held.resolve();
  await expect(first).rejects.toThrow('It failed.');
  await second;
  expect(done).toEqual(['other', 'first', 'second']);
});
