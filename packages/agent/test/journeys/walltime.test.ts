import { describe, expect, test } from 'vitest';
import { type JumpingClock, jumpingClock, mayJump } from '../jumping-clock.ts';
import { TestPlatform } from '../platform.ts';

/** An agent that has begun the walltime of its job, died, and is started again with another wall clock. */
async function startedAgain(
  clock: JumpingClock,
  days: number,
  walltimeSeconds: number,
): Promise<TestPlatform> {
  const platform = new TestPlatform();
  platform.agentEnvironment = clock.environment;
  await platform.start();
  expect(await platform.run(['true'], { walltimeSeconds })).toMatchObject({ outcome: 'success' });
  platform.agent!.kill('SIGKILL');
  await platform.exited();
  clock.set(days);
  platform.startAgent();
  return platform;
}

describe.skipIf(!mayJump)('a wall clock that is set', () => {
  test.each([2, -2])('by %i days while a run goes on does not end it', async (days) => {
    await using clock = await jumpingClock();
    await using platform = new TestPlatform();
    platform.agentEnvironment = clock.environment;
    await platform.start();
    const { runId } = platform.assign(['sleep 4; echo done'], { walltimeSeconds: 20 });
    await platform.started(runId);
    clock.set(days);
    const { outcome, at } = await platform.finished(runId);
    expect(outcome).toBe('success');
    // It was set indeed.
    expect(Math.round((Date.parse(at) - Date.now()) / 86_400_000)).toBe(days);
  });

  test('forward between two agents of a cluster does not take the time of the second', async () => {
    await using clock = await jumpingClock();
    await using platform = await startedAgain(clock, 2, 60);
    expect(await platform.run(['echo still'], { walltimeSeconds: 60 })).toMatchObject({ outcome: 'success' });
  });

  test('back between two agents of a cluster does not give the second any more of it', async () => {
    await using clock = await jumpingClock();
    await using platform = await startedAgain(clock, -2, 5);
    expect(await platform.run(['sleep 60'], { walltimeSeconds: 5 })).toMatchObject({
      outcome: 'walltime_exceeded',
    });
  });
});
