import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { startPlatform } from '../packages/server/testing/start-platform.ts';
import { agentOf, clusterToStop } from './support/clusters.ts';
import { crashUnderLoad } from './support/crash-load.ts';
import { findings } from './support/doctor.ts';
import { eventually, jobWithStatus, outputText, printedLines, submitCommand } from './support/jobs.ts';
import { uploadSlowly } from './support/slow-upload.ts';

const COUNT_SLOWLY = 'for i in $(seq 1 30); do echo line $i; sleep 0.05; done; echo done > result.txt';
const ALL_LINES = Array.from({ length: 30 }, (_, index) => `line ${index + 1}`);

describe('a server that is killed', () => {
  test('while a job runs, finds the job ended as if nothing had happened', async () => {
    await using platform = await startPlatform({ cores: 4 });
    const id = await submitCommand(platform, COUNT_SLOWLY);
    await jobWithStatus(platform, id, 'Executing');
    await platform.kill();
    await delay(300);
    await platform.restart();
    const job = await jobWithStatus(platform, id, 'Completed');
    expect(job.outcome).toBe('success');
    expect(await printedLines(platform, id)).toEqual(ALL_LINES);
    expect(await outputText(platform, id, 'result.txt')).toBe('done\n');
    const statuses = (await platform.call('GET', `/api/v2/jobs/${id}/statuses/`)).body.results;
    expect(statuses.map((row: { status: string }) => row.status).reverse()).toEqual([
      'Pending',
      'Queued',
      'Started',
      'Validated',
      'Executing',
      'Completed',
    ]);
    await clusterToStop(platform, id);
    expect(await findings(platform.dataDir)).toEqual([]);
  });

  test('and stays away until after the end of the job, learns everything from its agent', async () => {
    await using platform = await startPlatform({ cores: 4 });
    const id = await submitCommand(platform, 'echo begin; sleep 0.5; echo end; echo kept > out.txt');
    await jobWithStatus(platform, id, 'Executing');
    await platform.kill();
    await delay(1500);
    await platform.restart();
    const job = await jobWithStatus(platform, id, 'Completed');
    expect(job.outcome).toBe('success');
    expect(await printedLines(platform, id)).toEqual(['begin', 'end']);
    expect(await outputText(platform, id, 'out.txt')).toBe('kept\n');
  });

  test('again and again under load, loses nothing and runs nothing twice', async () => {
    const crashes = await crashUnderLoad(5);
    expect(crashes).toMatchObject({ kills: 5, lost: [], executedTwice: [], findings: [] });
    expect(crashes.acknowledgedJobs).toBeGreaterThan(0);
    expect(crashes.acknowledgedFiles).toBeGreaterThan(0);
  }, 240_000);

  test('while files upload, has each of them whole or not at all', async () => {
    await using platform = await startPlatform();
    const contents = Array.from({ length: 12 }, () => randomBytes(3 * 1024 * 1024));
    const acknowledged = new Map<string, string>();
    const uploads = contents.map((bytes, index) =>
      uploadSlowly(platform, `file-${index}.bin`, bytes, index * 15).then((id) => {
        if (id) {
          acknowledged.set(id, sha512(bytes));
        }
      }),
    );
    await eventually('the first upload', async () => acknowledged.size > 0);
    await platform.kill();
    await Promise.all(uploads);
    await platform.restart();
    const { body } = await platform.call('GET', '/api/v2/files/?page_size=100');
    const listed = new Map<string, string>(
      body.results.map((file: { id: string; fileChecksums: { fileHash: string }[] }) => [
        file.id,
        file.fileChecksums[0]!.fileHash,
      ]),
    );
    for (const [id, digest] of acknowledged) {
      expect(listed.get(id)).toBe(digest);
    }
    for (const id of listed.keys()) {
      const response = await fetch(`${platform.url}/api/v2/files/${id}/contents/`, {
        headers: { authorization: `Token ${platform.apiKey}` },
      });
      expect(sha512(Buffer.from(await response.arrayBuffer()))).toBe(listed.get(id));
    }
    await eventually(
      'half uploads to be swept',
      async () => (await readdir(join(platform.dataDir, 'incoming'))).length === 0,
    );
    await eventually(
      'bytes of unfinished uploads to go',
      async () => (await findings(platform.dataDir)).length === 0,
    );
  });

  test('is asked to stop instead, and ends cleanly while the job goes on', async () => {
    await using platform = await startPlatform({ cores: 2 });
    const id = await submitCommand(platform, COUNT_SLOWLY);
    await jobWithStatus(platform, id, 'Executing');
    expect(await platform.stop()).toBe(0);
    await platform.restart();
    expect((await jobWithStatus(platform, id, 'Completed')).outcome).toBe('success');
    expect(await printedLines(platform, id)).toEqual(ALL_LINES);
  });
});

describe('an agent that is killed', () => {
  test('leaves a job that has failed with code agent_lost within seconds', async () => {
    await using platform = await startPlatform({ cores: 2 });
    const id = await submitCommand(platform, 'echo started; sleep 600');
    await jobWithStatus(platform, id, 'Executing');
    const agent = await agentOf(platform);
    process.kill(agent, 'SIGKILL');
    const job = await jobWithStatus(platform, id, 'Completed', 10);
    expect(job.outcome).toBe('failed');
    expect(job.failure).toMatchObject({ code: 'agent_lost' });
    expect(job.failure.hint).toContain('runs/rerun/');
    const rows = (await platform.call('GET', `/api/v2/jobs/${id}/statuses/`)).body.results;
    expect(rows.map((row: { status: string }) => row.status).slice(0, 2)).toEqual(['Completed', 'Stopping']);
    const run = (await platform.call('GET', `/api/v2/jobs/${id}/runs/1/`)).body;
    expect(run).toMatchObject({ outcome: 'failed', failure: { code: 'agent_lost' } });
    await clusterToStop(platform, id);
    expect(await findings(platform.dataDir)).toEqual([]);
  });

  test('while the server is away, too', async () => {
    await using platform = await startPlatform({ cores: 2 });
    const id = await submitCommand(platform, 'sleep 600');
    await jobWithStatus(platform, id, 'Executing');
    const agent = await agentOf(platform);
    await platform.kill();
    process.kill(agent, 'SIGKILL');
    await platform.restart();
    expect((await jobWithStatus(platform, id, 'Completed', 15)).failure.code).toBe('agent_lost');
  });

  test('leaves none of its commands alive, with the sandbox or without', async () => {
    for (const sandbox of ['auto', 'off'] as const) {
      await using platform = await startPlatform({ cores: 2, sandbox });
      const marker = `6${String(Date.now()).slice(-6)}`;
      const id = await submitCommand(platform, `setsid sleep ${marker} & sleep ${marker}`);
      await jobWithStatus(platform, id, 'Executing');
      await eventually('the commands to run', async () => (await commandsWith(marker)) >= 2);
      process.kill(await agentOf(platform), 'SIGKILL');
      await jobWithStatus(platform, id, 'Completed', 10);
      await eventually('the commands to be gone', async () => (await commandsWith(marker)) === 0);
    }
  });
});

test('a second server on the same data directory is refused in words', async () => {
  await using platform = await startPlatform();
  const main = fileURLToPath(new URL('../packages/server/src/main.ts', import.meta.url));
  const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
    execFile(
      process.execPath,
      [main, '--data', platform.dataDir, '--port', '0', '--json'],
      (error, _stdout, stderr) => resolve({ code: error?.code, stderr }),
    );
  });
  expect(code).toBe(1);
  expect(stderr).toContain('Another server works on this data directory');
  expect(stderr).toContain('--data');
  expect((await platform.call('GET', '/api/v2/users/me/')).status).toBe(200);
});

async function commandsWith(marker: string): Promise<number> {
  let count = 0;
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) {
      continue;
    }
    const words = (await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (words[0]?.endsWith('sleep') && words[1] === marker) {
      count++;
    }
  }
  return count;
}

function sha512(bytes: Buffer): string {
  return createHash('sha512').update(bytes).digest('hex');
}
