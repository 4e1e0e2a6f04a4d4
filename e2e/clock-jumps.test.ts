/** The wall clock of the server's process is really set, by days, while jobs run and uploads are under way. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { jumpingClock, mayJump } from '../packages/agent/test/jumping-clock.ts';
import { type Platform, startPlatform } from '../packages/server/testing/start-platform.ts';
import { findings } from './support/doctor.ts';
import { eventually, jobWithStatus, submitCommand } from './support/jobs.ts';

const DAY_MS = 86_400_000;

/** Until the process goes by the new time, which every answer of HTTP has in its head. */
async function clockToBe(platform: Platform, days: number): Promise<void> {
  await eventually(`the clock to be ${days} days off`, async () => {
    const { headers } = await platform.call('GET', '/api/v2/users/me/');
    return Math.round((Date.parse(headers.get('date')!) - Date.now()) / DAY_MS) === days;
  });
}

/** Reconciliation compares every two seconds; this job outlives several looks. */
const LONG_JOB = 'sleep 9; echo done';

async function upload(
  platform: Platform,
  id: string | null,
  offset: number,
  bytes: Buffer,
): Promise<Response> {
  const headers = { authorization: `Token ${platform.apiKey}`, 'tus-resumable': '1.0.0' };
  const begin = { 'upload-length': '2000', 'upload-metadata': `filename ${btoa('half.bin')}` };
  const patch = { 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream' };
  return await fetch(`${platform.url}/api/v2/files/uploads/${id === null ? '' : `${id}/`}`, {
    method: id === null ? 'POST' : 'PATCH',
    headers: { ...headers, ...(id === null ? begin : patch) },
    body: id === null ? undefined : (bytes as unknown as RequestInit['body']),
  });
}

async function historyOf(platform: Platform, id: string): Promise<string[]> {
  const { body } = await platform.call('GET', `/api/v2/jobs/${id}/statuses/?page_size=100`);
  return (body.results as { status: string }[]).map(({ status }) => status);
}

describe.skipIf(!mayJump)('a wall clock that is set while the server runs', () => {
  test.each([4, -4])('by %i days ends no job, no wait and no upload', async (days) => {
    await using clock = await jumpingClock();
    await using platform = await startPlatform({ environment: clock.environment, cores: 2 });
    const { id: uploadId } = (await (await upload(platform, null, 0, Buffer.alloc(0))).json()) as {
      id: string;
    };
    const bytes = randomBytes(2000);
    expect((await upload(platform, uploadId, 0, bytes.subarray(0, 1000))).status).toBe(204);
    const job = await submitCommand(platform, LONG_JOB);
    await jobWithStatus(platform, job, 'Executing');
    const since = (await platform.call('GET', `/api/v2/jobs/${job}/statuses/?page_size=1`)).body.results[0]
      .id;
    const waiting = platform.call('GET', `/api/v2/jobs/${job}/statuses/?wait=50&after=${since}`);
    clock.set(days);
    await clockToBe(platform, days);
    expect((await upload(platform, uploadId, 1000, bytes.subarray(1000))).status).toBe(204);
    const ended = await jobWithStatus(platform, job, 'Completed');
    expect(ended).toMatchObject({ outcome: 'success' });
    // As long as it took, whatever the clock says.
    expect(ended.elapsedWalltimeSeconds).toBeGreaterThan(5);
    expect(ended.elapsedWalltimeSeconds).toBeLessThan(60);
    expect((await waiting).status).toBe(200);
    expect((await platform.call('POST', '/api/v2/jobs/', {})).status).toBe(400);
    expect(platform.log()).not.toMatch(/is killed|died/);
    expect(await findings(platform.dataDir)).toEqual([]);
  });

  test.each([4, -4])(
    'by %i days before a start neither, and histories go on in their order',
    async (days) => {
      await using clock = await jumpingClock();
      await using platform = await startPlatform({ environment: clock.environment, cores: 2 });
      const job = await submitCommand(platform, LONG_JOB);
      await jobWithStatus(platform, job, 'Executing');
      await platform.kill();
      clock.set(days);
      await platform.restart();
      await clockToBe(platform, days);
      const next = await submitCommand(platform, 'true');
      expect(await jobWithStatus(platform, job, 'Completed')).toMatchObject({ outcome: 'success' });
      expect(await jobWithStatus(platform, next, 'Completed')).toMatchObject({ outcome: 'success' });
      expect((await historyOf(platform, job))[0]).toBe('Completed');
      expect(await findings(platform.dataDir)).toEqual([]);
    },
  );
});
