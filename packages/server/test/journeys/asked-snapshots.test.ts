/** Snapshots of runs whose agents share no disk with the server: taken there, and fetched. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canPart, type PartedPlatform, startPartedPlatform } from '../parted-harness.ts';
import { clusterOf, definition, submitJob, until, untilPrinted } from '../platform-harness.ts';

const LARGE_BYTES = 40_000_000;
const COMMAND = `mkdir fields; printf '1 2 3' > fields/p.dat; printf odd > $'b\\xff'; ln -s fields/p.dat link
head -c ${LARGE_BYTES} /dev/urandom > large; echo ready; while :; do sleep 0.1; done`;

describe.skipIf(!canPart)('a snapshot on a disk that the server does not see', () => {
  let platform: PartedPlatform;
  let cluster: string;
  let jobId: string;

  beforeAll(async () => {
    platform = await startPartedPlatform({ cores: 4 });
    jobId = await submitJob(
      platform,
      definition(COMMAND, { snapshots: { globs: [], keep: 2, everyMinutes: null } }),
    );
    await untilPrinted(platform, jobId, 'ready');
    cluster = join(platform.dataDir, 'clusters', (await clusterOf(platform, jobId)).id);
    await platform.part();
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
  });

  const snapshots = async () => {
    const { body } = await platform.call('GET', `/api/v2/jobs/${jobId}/runs/1/snapshots/?page_size=100`);
    return body.results;
  };
  const take = async () => {
    const { body } = await platform.call('POST', `/api/v2/jobs/${jobId}/runs/1/snapshot/`);
    return body;
  };
  /** Archives, and what is cloned for them, on the agent's side. */
  const left = () => (existsSync(join(cluster, 'snapshots')) ? readdirSync(join(cluster, 'snapshots')) : []);

  test('is an archive of all that there is, byte by byte, and nothing of it stays with the agent', async () => {
    const answer = await take();
    expect(answer).toMatchObject({ exitcode: 0 });
    const [snapshot] = await snapshots();
    expect(snapshot).toMatchObject({ status: 'done' });
    const response = await fetch(new URL(`/api/v2/files/${answer.lastSnapshotID}/contents/`, platform.url), {
      headers: { authorization: `Token ${platform.apiKey}` },
    });
    const base = await mkdtemp(join(tmpdir(), 'quarry-archive-'));
    try {
      await writeFile(join(base, 'snapshot.tar'), new Uint8Array(await response.arrayBuffer()));
      execFileSync('tar', ['-xpf', 'snapshot.tar'], { cwd: base });
      execFileSync('cmp', [join(base, 'large'), join(cluster, 'runs/1/home/work/large')]);
      const names = execFileSync('find', ['.', '-printf', '%P %y %l\\n'], { cwd: base }).toString('latin1');
      expect(names.split('\n')).toEqual(
        expect.arrayContaining([
          'fields/p.dat f ',
          'b\xff f ',
          'link l fields/p.dat',
          'process_output.log f ',
        ]),
      );
    } finally {
      await rm(base, { recursive: true });
    }
    await until(async () => left().length === 0, 'the agent to drop it');
  });

  test('goes on when the server is killed in the middle of it', async () => {
    const before = (await snapshots()).length;
    const asked = take().catch(() => undefined);
    await until(async () => left().some((name) => name.endsWith('.tar')), 'the archive');
    await platform.kill();
    await asked;
    await platform.restart();
    const done = await until(async () => {
      const all = await snapshots();
      return (
        all.length > before && all.every(({ status }: { status: string }) => status !== 'pending') && all
      );
    }, 'the snapshot');
    expect(done[0]).toMatchObject({ status: 'done' });
    await until(async () => left().length === 0, 'the agent to drop it');
  });

  test('has the digest of the bytes that the agent has read', async () => {
    const { lastSnapshotID } = await take();
    const { body } = await platform.call('GET', `/api/v2/files/${lastSnapshotID}/`);
    const response = await fetch(new URL(`/api/v2/files/${lastSnapshotID}/contents/`, platform.url), {
      headers: { authorization: `Token ${platform.apiKey}` },
    });
    const digest = createHash('sha512')
      .update(new Uint8Array(await response.arrayBuffer()))
      .digest('hex');
    expect(body.fileChecksums).toEqual([{ hashFunction: 'sha512', fileHash: digest }]);
  });
});
