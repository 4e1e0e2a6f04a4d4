import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { systemClock } from '../clock.ts';
import { tellOfSetClock } from './tasks.ts';
import { startUpkeep, type UpkeepTask } from './upkeep.ts';

function listening() {
  const lines: Record<string, unknown>[] = [];
  const logger = pino(
    { level: 'debug', base: null },
    { write: (text: string) => lines.push(JSON.parse(text)) },
  );
  return { lines, logger, warnings: () => lines.filter(({ level }) => level === 40) };
}

const start = (tasks: readonly UpkeepTask[]) => {
  const log = listening();
  return { ...log, upkeep: startUpkeep({ tasks, clock: systemClock(), logger: log.logger }) };
};

async function until(what: () => boolean): Promise<void> {
  while (!what()) {
    await sleep(5);
  }
}

test('a task that fails or never ends keeps no other from its work', async () => {
  const runs: string[] = [];
  const task = (name: string, run: UpkeepTask['run']): UpkeepTask => ({
    ...{ name, everySeconds: 0.01 },
    run: (each) => {
      runs.push(name);
      return run(each);
    },
  });
  const { upkeep } = start([
    task('fails', async () => Promise.reject(new Error('no'))),
    task('hangs', ({ signal }) => sleep(1_000_000, {}, { signal, ref: false })),
    task('works', async () => ({})),
  ]);
  await until(() => runs.filter((name) => name === 'works').length > 3);
  expect(runs.slice(0, 3)).toEqual(['fails', 'hangs', 'works']);
  expect(runs.filter((name) => name === 'fails').length).toBeGreaterThan(1);
  await upkeep[Symbol.asyncDispose]();
  const ran = runs.length;
  await sleep(50);
  expect(runs).toHaveLength(ran);
});

test('the same failure is told once, another one as well, and each is counted', async () => {
  const failures = ['ENOSPC', 'ENOSPC', 'EACCES', 'ENOSPC', 'EACCES'];
  let runs = 0;
  const { upkeep, warnings } = start([
    {
      ...{ name: 'uploads', everySeconds: 0.001 },
      async run() {
        const code = failures[runs++];
        if (code === undefined) {
          return 'over';
        }
        throw Object.assign(new Error(`${code} in run ${runs}`), { code });
      },
    },
  ]);
  await until(() => upkeep.records()[0]!.runs === failures.length + 1);
  expect(warnings()).toMatchObject([
    { task: 'uploads', err: { code: 'ENOSPC' } },
    { task: 'uploads', err: { code: 'EACCES' } },
  ]);
  expect(upkeep.records()).toMatchObject([
    { name: 'uploads', runs: 6, failures: 5, lastError: null, lastRun: expect.stringContaining('T') },
  ]);
  await upkeep[Symbol.asyncDispose]();
});

test('a part that fails is named once, does not end the run, and counts as a failure of it', async () => {
  let runs = 0;
  const { upkeep, warnings, lines } = start([
    {
      ...{ name: 'directories', everySeconds: 0.001 },
      async run({ fail }) {
        runs += 1;
        for (const directory of ['/a', '/b']) {
          fail(Object.assign(new Error('no'), { code: 'EPERM' }), { directory });
        }
        return runs === 2 ? 'over' : { removed: 3 };
      },
    },
  ]);
  await until(() => upkeep.records()[0]!.runs === 2);
  expect(warnings()).toMatchObject([{ directory: '/a' }, { directory: '/b' }]);
  expect(upkeep.records()).toMatchObject([{ runs: 2, failures: 2, lastError: 'no' }]);
  expect(lines).toContainEqual(
    expect.objectContaining({ level: 20, task: 'directories', removed: 3, failed: 2 }),
  );
  await upkeep[Symbol.asyncDispose]();
});

test('what a stop breaks off is no failure, and what must not be lost is done once more', async () => {
  const saved: string[] = [];
  const { upkeep, warnings } = start([
    { name: 'long', everySeconds: 1, run: ({ signal }) => sleep(1_000_000, {}, { signal, ref: false }) },
    {
      ...{ name: 'last use', everySeconds: 1000, alsoAtStop: true },
      async run() {
        saved.push('run');
        return {};
      },
    },
  ]);
  await until(() => saved.length === 1);
  await upkeep[Symbol.asyncDispose]();
  await upkeep.firstRuns;
  expect(saved).toHaveLength(2);
  expect(warnings()).toEqual([]);
  expect(upkeep.records()[0]).toMatchObject({ failures: 0, lastError: null });
});

test('a wall clock that somebody sets is told once, and again when it is set anew', async () => {
  const { logger, warnings } = listening();
  let aheadMs = 20;
  const look = tellOfSetClock({ now: () => '', aheadMs: () => aheadMs }, logger);
  const run = { signal: new AbortController().signal, fail: () => expect.unreachable() };
  for (const ahead of [20, 172_800_000, 172_800_500, 0, 10]) {
    aheadMs = ahead;
    await look(run);
  }
  expect(warnings()).toMatchObject([{ aheadSeconds: 172_800 }, { aheadSeconds: 0 }]);
});
