/** Inputs and outputs between a server and agents that share no disk with it, over connections and disks that fail. */
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtempDisposable, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { startProxy } from '../bench/proxy/proxy.ts';
import { canMount } from '../packages/server/testing/can-mount.ts';
import { type Platform, startPlatform } from '../packages/server/testing/start-platform.ts';
import { agentOf, clusterToStop } from './support/clusters.ts';
import { findings } from './support/doctor.ts';
import { eventually, jobWithStatus, outputText, submitCommand } from './support/jobs.ts';

const MIB = 1024 * 1024;
const LARGE_BYTES = 32 * MIB;
/** Begins when it is let go, and leaves a file that no chance makes twice, with its digest, and small ones. */
const WRITE = [
  'touch ../ready; until [ -e ../go ]; do sleep 0.05; done',
  `head -c ${LARGE_BYTES} /dev/urandom > large; sha512sum large | cut -c1-128 > digest`,
  'for i in $(seq 200); do echo small $i > small-$i; done',
].join('\n');

const homeOf = async (platform: Platform) => {
  const [cluster] = await readdir(platform.clustersDirectory);
  return join(platform.clustersDirectory, cluster!, 'runs/1/home');
};

async function submitWaiting(platform: Platform, command = WRITE): Promise<string> {
  const id = await submitCommand(platform, command);
  await jobWithStatus(platform, id, 'Executing');
  await eventually('the command', async () => existsSync(join(await homeOf(platform), 'ready')));
  return id;
}

const letGo = async (platform: Platform) => writeFile(join(await homeOf(platform), 'go'), '');

/** From now on the agent takes the server for being there. */
async function redirect(platform: Platform, url: string): Promise<void> {
  const [cluster] = await readdir(platform.clustersDirectory);
  await writeFile(join(platform.clustersDirectory, cluster!, 'server.json'), JSON.stringify({ url }));
}

async function expectWhole(platform: Platform, id: string): Promise<void> {
  const { body } = await platform.call('GET', `/api/v2/jobs/${id}/files/?page_size=1000`);
  expect(body.results).toHaveLength(203);
  const large = body.results.find((file: { relativePath: string }) => file.relativePath === 'large');
  const response = await fetch(large.downloadUrl, { headers: { authorization: `Token ${platform.apiKey}` } });
  const digest = createHash('sha512')
    .update(Buffer.from(await response.arrayBuffer()))
    .digest('hex');
  expect(await outputText(platform, id, 'digest')).toBe(`${digest}\n`);
  expect(await outputText(platform, id, 'small-200')).toBe('small 200\n');
}

/** Nothing is left of what was under way. */
async function expectClean(platform: Platform, id: string): Promise<void> {
  await clusterToStop(platform, id);
  await eventually(
    'the end of the agent',
    async () => (await readdir(platform.clustersDirectory)).length === 0,
  );
  expect(await readdir(join(platform.dataDir, 'staged'))).toEqual([]);
  await eventually('nothing to be found', async () => (await findings(platform.dataDir)).length === 0);
}

describe.skipIf(!canMount())(
  'outputs of an agent that sees nothing of the data directory',
  { timeout: 90_000 },
  () => {
    test('arrive whole over a connection that is cut and changes bytes', async () => {
      await using platform = await startPlatform({ cores: 2, agentsApart: true });
      await using proxy = await startProxy({
        target: platform.url,
        cuts: { atTotalBytes: [MIB, 5 * MIB, 11 * MIB, 20 * MIB] },
        corruptions: [
          { direction: 'up', body: 1, offset: 100_000, minBodyBytes: 8 * MIB },
          { direction: 'up', offset: 28 * MIB },
        ],
      });
      const id = await submitWaiting(platform);
      await redirect(platform, proxy.url);
      await letGo(platform);
      expect(await jobWithStatus(platform, id, 'Completed', 60)).toMatchObject({ outcome: 'success' });
      expect(proxy.stats.cuts.length).toBeGreaterThanOrEqual(4);
      expect(proxy.stats.corrupted).toBeGreaterThanOrEqual(1);
      await expectWhole(platform, id);
      await expectClean(platform, id);
    });

    test('go on from where the server has them when it is killed in the middle', async () => {
      await using platform = await startPlatform({ cores: 2, agentsApart: true });
      // Slow enough that kills meet it under way.
      await using proxy = await startProxy({ target: platform.url, rate: 12 * MIB });
      const id = await submitWaiting(platform);
      await redirect(platform, proxy.url);
      await letGo(platform);
      const received = () => {
        const database = new DatabaseSync(join(platform.dataDir, 'quarry.db'), {
          readOnly: true,
          timeout: 5000,
        });
        const row = database
          .prepare('SELECT max(received_bytes) AS bytes FROM deliveries WHERE is_stored = 0')
          .get();
        database.close();
        return Number(row?.bytes ?? 0);
      };
      await eventually('a part of it', async () => received() > 4 * MIB);
      await platform.kill();
      const before = received();
      const sentBefore = proxy.stats.bytesUp;
      await platform.restart();
      await redirect(platform, proxy.url);
      expect(await jobWithStatus(platform, id, 'Completed', 60)).toMatchObject({ outcome: 'success' });
      expect(proxy.stats.bytesUp - sentBefore).toBeLessThan(LARGE_BYTES - before + 8 * MIB);
      await expectWhole(platform, id);
      await expectClean(platform, id);
    });

    test('are brought by the next agent when the first is killed in the middle, and the run has ended well', async () => {
      await using platform = await startPlatform({ cores: 2, agentsApart: true });
      await using proxy = await startProxy({ target: platform.url, rate: 12 * MIB });
      const id = await submitWaiting(platform);
      await redirect(platform, proxy.url);
      await letGo(platform);
      await eventually('a part of it', async () => proxy.stats.bytesUp > 4 * MIB);
      process.kill(await agentOf(platform), 'SIGKILL');
      expect(await jobWithStatus(platform, id, 'Completed', 60)).toMatchObject({
        outcome: 'success',
        failure: null,
      });
      await expectWhole(platform, id);
      await expectClean(platform, id);
    });

    test('are thousands in one run, many in each request', async () => {
      await using platform = await startPlatform({ cores: 2, agentsApart: true });
      const id = await submitCommand(platform, 'for i in $(seq 6000); do echo $i > f-$i; done');
      expect(await jobWithStatus(platform, id, 'Completed', 60)).toMatchObject({ outcome: 'success' });
      const run = (await platform.call('GET', `/api/v2/jobs/${id}/runs/1/`)).body;
      expect(run).toMatchObject({ outputFileCount: 6_001, outcome: 'success' });
      expect(await outputText(platform, id, 'f-5999')).toBe('5999\n');
      await expectClean(platform, id);
    });

    test('for which the server has no room are lost in words, kept where they lie, and nothing else is lost with them', async () => {
      await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-deliveries-'));
      const data = join(base.path, 'data');
      await mkdir(data);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=200m', 'tmpfs', data]);
      using _ = { [Symbol.dispose]: () => execFileSync('umount', ['-l', data]) };
      await using platform = await startPlatform({ cores: 2, agentsApart: true, data });
      const id = await submitCommand(platform, 'head -c 300000000 /dev/urandom > large; echo small > small');
      const ended = await jobWithStatus(platform, id, 'Completed', 60);
      expect(ended).toMatchObject({ outcome: 'failed', failure: { code: 'output_lost' } });
      expect(ended.failure.message).toContain('The output large');
      expect(await outputText(platform, id, 'small')).toBe('small\n');
      expect(existsSync(join(await homeOf(platform), 'work/large'))).toBe(true);
      expect(await readdir(join(data, 'staged'))).toEqual([]);
      const next = await submitCommand(platform, 'echo fine > fine');
      expect(await jobWithStatus(platform, next, 'Completed')).toMatchObject({ outcome: 'success' });
    });

    test('belong to the cluster that has brought them: a digest opens nothing of another', async () => {
      await using platform = await startPlatform({ cores: 4, agentsApart: true });
      const secret = randomBytes(64);
      const form = new FormData();
      form.set('file', new Blob([secret]), 'secret');
      const upload = await fetch(`${platform.url}/api/v2/files/contents/`, {
        method: 'POST',
        headers: { authorization: `Token ${platform.apiKey}` },
        body: form,
      });
      expect(upload.status).toBe(201);
      const id = await submitWaiting(platform, 'touch ../ready; until [ -e ../go ]; do sleep 0.05; done');
      const [cluster] = await readdir(platform.clustersDirectory);
      const { token } = JSON.parse(
        await readFile(join(platform.clustersDirectory, cluster!, 'start.json'), 'utf8'),
      ) as { token: string };
      const sha512 = createHash('sha512').update(secret).digest('hex');
      const ask = await fetch(`${platform.url}/api/agent/clusters/${cluster}/deliveries/`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ files: [{ sha512, sizeBytes: secret.length }] }),
      });
      expect(await ask.json()).toEqual({ files: [{ sha512, receivedBytes: 0, isStored: false }] });
      const wrong = await fetch(
        `${platform.url}/api/agent/clusters/${cluster}/deliveries/${sha512}/?sizeBytes=64&offset=0`,
        { method: 'PATCH', headers: { authorization: `Bearer ${token}` }, body: randomBytes(64) },
      );
      expect([wrong.status, await wrong.json()]).toEqual([
        200,
        { sha512, receivedBytes: 0, isStored: false },
      ]);
      await letGo(platform);
      expect(await jobWithStatus(platform, id, 'Completed')).toMatchObject({ outcome: 'success' });
      await expectClean(platform, id);
    });
  },
);
