/** Jobs that go on through whatever dies: server, agents, and what collects what those have left. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Chances, chances, often } from '../packages/contract/testing/often.ts';
import { type Platform, startPlatform } from '../packages/server/testing/start-platform.ts';
import { leftovers } from './support/clusters.ts';
import { findings } from './support/doctor.ts';
import { eventually, outputText, submitCommand } from './support/jobs.ts';
import { allRuns, submitSweep } from './support/sweeps.ts';

const RUNS = 6;
const KILLS = 20;
/** Enough for work to be under way until the last kill. */
const STATES = often(30);
const LIMIT_MS = often(300_000);
/** Writes a state now and then, and goes on from the last one. */
const SOLVER = `n=$(cat states 2>/dev/null | wc -l); while [ $n -lt ${STATES} ]; do echo $n >> states; n=$((n + 1)); sleep 0.3; done; head -c 20M /dev/zero > large`;
const WHOLE = Array.from({ length: STATES }, (_, n) => `${n}\n`).join('');

test(
  'jobs whose server, agents and salvages are killed again and again write each state once',
  async () => {
    const chance = chances();
    console.info(`seed ${chance.seed}`);
    await using platform = await startPlatform({ cores: 4 });
    const policy = { retryPolicy: { agentLost: 'resume', maxRetries: 100 } };
    const sweep = await submitSweep(platform, { runs: RUNS, slots: 2, command: SOLVER, job: policy });
    const plain = await submitCommand(platform, `head -c 50M /dev/zero > other; ${SOLVER}`);
    const jobs = [sweep, plain];
    for (let kill = 0; kill < often(KILLS); kill += 1) {
      await sleep(chance.below(2500));
      const isServer = chance.below(5) === 0;
      if (isServer) {
        await platform.kill();
      }
      if (!isServer || chance.below(2) === 0) {
        await killSome(platform, chance);
      }
      if (isServer) {
        await platform.restart();
      }
      if (chance.below(2) === 0) {
        await sleep(chance.below(600));
        await killSome(platform, chance);
      }
      for (const id of jobs) {
        await resume(platform, id);
      }
    }
    for (const id of jobs) {
      await eventually(`the success of ${id}`, async () => (await resume(platform, id)) === 'success', 120);
    }
    for (const { isUnfinished, outputFileCount } of await allRuns(platform, sweep)) {
      expect({ isUnfinished, outputFileCount }).toEqual({ isUnfinished: false, outputFileCount: 3 });
    }
    for (let run = 1; run <= RUNS; run += 1) {
      expect(await outputText(platform, sweep, `run${run}/states`)).toBe(WHOLE);
    }
    expect(await outputText(platform, plain, 'states')).toBe(WHOLE);
    await eventually('the end of what they had', async () => leftovers(platform).length === 0);
    expect(await findings(platform.dataDir)).toEqual([]);
  },
  LIMIT_MS,
);

/** Lets a job go on that has lost its agent; answers its outcome otherwise. */
async function resume(platform: Platform, id: string): Promise<string | null> {
  const { outcome, failure } = (await platform.call('GET', `/api/v2/jobs/${id}/`)).body;
  if (outcome === null || outcome === 'success') {
    return outcome;
  }
  expect(failure.code).toBe('agent_lost');
  const answer = await platform.call('POST', `/api/v2/jobs/${id}/runs/rerun/`, { resume: true });
  expect(answer.status, answer.body.detail).toBe(202);
  return null;
}

/** Kills some of those who work for clusters at the moment. */
async function killSome({ dataDir }: Platform, chance: Chances): Promise<void> {
  const clusters = join(dataDir, 'clusters');
  for (const name of await readdir(clusters)) {
    const lock = await readFile(join(clusters, name, 'agent.lock'), 'utf8').catch(() => '');
    if (lock === '' || chance.below(2) === 0) {
      continue;
    }
    try {
      process.kill((JSON.parse(lock) as { pid: number }).pid, 'SIGKILL');
    } catch {
      // Gone already, or begun to be written.
    }
  }
}
