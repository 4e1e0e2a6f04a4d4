import { pino } from 'pino';
import { expect, test } from 'vitest';
import { systemClock } from '../clock.ts';
import { createBackground } from './background.ts';

test('what fails in the background is logged once in a while, counted each time, and told to nobody else', async () => {
  const lines: Record<string, unknown>[] = [];
  const logger = pino({ base: null }, { write: (text: string) => lines.push(JSON.parse(text)) });
  const background = createBackground({ clock: systemClock(), logger });
  const task = background.task('looking');
  const outcomes = [
    await task.run(() => undefined),
    await task.run(() => {
      throw new Error('gone');
    }),
    await task.run(async () => Promise.reject(new Error('gone'))),
  ];
  expect(outcomes).toEqual([true, false, false]);
  expect(lines).toMatchObject([
    { level: 40, task: 'looking', msg: 'looking failed; it will be tried again', err: { message: 'gone' } },
  ]);
  const [failing] = background.records();
  expect(failing).toMatchObject({ name: 'looking', runs: 3, failures: 2, lastError: 'gone' });
  expect(failing!.lastSuccess! < failing!.lastRun!).toBe(true);

  await task.run(async () => undefined);
  task.note(new Error('elsewhere'));
  task.note();
  const [mended] = background.records();
  expect(mended).toMatchObject({ runs: 6, failures: 3, lastError: null, lastSuccess: mended!.lastRun });
});
