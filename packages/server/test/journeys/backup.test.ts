/** A copy that is made of a platform at work: what it holds, and what becomes of it where it is started. */
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtempDisposable, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { type Platform, startPlatform } from '../../testing/start-platform.ts';
import { clusterOf, definition, reach, submitJob, untilPrinted } from '../platform-harness.ts';

const PROGRAM = fileURLToPath(new URL('../../src/backup.ts', import.meta.url));
const DOCTOR = fileURLToPath(new URL('../../src/doctor.ts', import.meta.url));
const COMMAND =
  'echo here > mine; mkfifo pipe; echo ready; until [ -e ../go ]; do sleep 0.05; done; echo done > result';
/** As eager as a policy can be. */
const POLICY = { retryPolicy: { agentLost: 'resume', maxRetries: 9 } };

async function backUp(from: string, to: string): Promise<{ path: string | null; problems: string[] }> {
  const args = [PROGRAM, '--data', from, '--to', to];
  const { stdout } = await promisify(execFile)(process.execPath, args).catch((error) => error);
  return JSON.parse(stdout);
}

const authorized = (platform: Platform) => ({ authorization: `Token ${platform.apiKey}` });

async function storeFile(platform: Platform, content: Buffer): Promise<string> {
  const form = new FormData();
  form.append('file', new Blob([new Uint8Array(content)]), 'input.bin');
  const url = `${platform.url}/api/v2/files/contents/`;
  const answer = await fetch(url, { method: 'POST', headers: authorized(platform), body: form });
  return ((await answer.json()) as { id: string }).id;
}

const TUS = { 'tus-resumable': '1.0.0' };

/** An upload of which the first half has come. */
async function beginUpload(platform: Platform, content: Buffer): Promise<string> {
  const begun = await fetch(`${platform.url}/api/v2/files/uploads/`, {
    method: 'POST',
    headers: {
      ...authorized(platform),
      ...TUS,
      'upload-length': String(content.length),
      'upload-metadata': `filename ${Buffer.from('large.bin').toString('base64')}`,
    },
  });
  const path = new URL(begun.headers.get('location')!, platform.url).pathname;
  await send(platform, path, content.subarray(0, content.length / 2), 0);
  return path;
}

async function send(platform: Platform, path: string, bytes: Buffer, offset: number): Promise<number> {
  const headers = {
    ...authorized(platform),
    ...TUS,
    'upload-offset': String(offset),
    'content-type': 'application/offset+octet-stream',
  };
  const answer = await fetch(platform.url + path, { method: 'PATCH', headers, body: new Uint8Array(bytes) });
  return answer.status;
}

test('a backup of a platform at work has its files, uploads, keys and jobs, and executes nothing again', {
  timeout: 120_000,
}, async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-backup-'));
  await using original = await startPlatform({ cores: 2 });
  const [stored, large] = [randomBytes(300_000), randomBytes(4_000_000)];
  const fileId = await storeFile(original, stored);
  const upload = await beginUpload(original, large);
  const id = await submitJob(original, definition(COMMAND, POLICY));
  await untilPrinted(original, id, 'ready');

  const copy = join(base.path, 'copy');
  expect(await backUp(original.dataDir, copy)).toEqual({ path: copy, problems: [] });
  expect(await readFile(join(copy, 'secret'))).toEqual(await readFile(join(original.dataDir, 'secret')));
  expect((await readdir(base.path)).toSorted()).toEqual(['copy']);
  const looked = await promisify(execFile)(process.execPath, [DOCTOR, '--data', copy, '--read-data']);
  expect(
    JSON.parse(looked.stdout).checks.filter(({ status }: { status: string }) => status === 'error'),
  ).toEqual([]);

  {
    await using restored = await startPlatform({ data: copy, cores: 2 });
    expect(restored.apiKey).toBe(original.apiKey);
    await reach(restored, id, 'Completed');
    const { body } = await restored.call('GET', `/api/v2/jobs/${id}/`);
    expect(body).toMatchObject({ outcome: 'failed', failure: { code: 'agent_lost' } });
    const run = await restored.call('GET', `/api/v2/jobs/${id}/runs/1/`);
    expect(run.body).toMatchObject({ attempt: 1, failure: { code: 'agent_lost' } });
    const contents = await fetch(`${restored.url}/api/v2/files/${fileId}/contents/`, {
      headers: authorized(restored),
    });
    expect(Buffer.from(await contents.arrayBuffer())).toEqual(stored);
    const head = await fetch(restored.url + upload, {
      method: 'HEAD',
      headers: { ...authorized(restored), ...TUS },
    });
    expect(head.headers.get('upload-offset')).toBe(String(large.length / 2));
    expect(await send(restored, upload, large.subarray(large.length / 2), large.length / 2)).toBe(204);
    const files = await restored.call('GET', '/api/v2/files/?search=large.bin');
    expect(files.body.results[0]).toMatchObject({
      decryptedSize: large.length,
      fileChecksums: [{ fileHash: createHash('sha512').update(large).digest('hex') }],
    });
  }

  // The original has noticed nothing.
  await writeFile(
    join(original.dataDir, 'clusters', (await clusterOf(original, id)).id, 'runs/1/home/go'),
    '',
  );
  await reach(original, id, 'Completed');
  expect((await original.call('GET', `/api/v2/jobs/${id}/`)).body.outcome).toBe('success');
});

test('while files come and go, a backup holds every byte that it knows of', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-backup-'));
  await using original = await startPlatform({ cores: 1 });
  let isOver = false;
  const busy = (async () => {
    while (!isOver) {
      const id = await storeFile(original, randomBytes(20_000));
      const other = await storeFile(original, randomBytes(20_000));
      await original.call('DELETE', `/api/v2/files/${id}/`);
      expect(other).toBeTruthy();
    }
  })();
  try {
    for (const name of ['one', 'two', 'three']) {
      const copy = join(base.path, name);
      expect(await backUp(original.dataDir, copy)).toEqual({ path: copy, problems: [] });
    }
  } finally {
    isOver = true;
    await busy;
  }
});

test('a place that cannot be one for a backup is refused in words, and nothing is left there', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-backup-'));
  await using original = await startPlatform({ cores: 1 });
  const refusal = async (to: string, from = original.dataDir) => (await backUp(from, to)).problems.join();
  expect(await refusal(join(original.dataDir, 'copy'))).toContain('lies in the data directory itself');
  expect(await refusal(join(base.path, 'no', 'copy'))).toContain('There is no directory');
  await mkdir(join(base.path, 'there'));
  expect(await refusal(join(base.path, 'there'))).toContain('is there already');
  await mkdir(join(base.path, 'cut.partial'));
  expect(await refusal(join(base.path, 'cut'))).toContain('was cut off');
  expect(await refusal(join(base.path, 'copy'), join(base.path, 'there'))).toContain(
    'There is no platform in',
  );
  expect(existsSync(join(base.path, 'copy'))).toBe(false);
  expect(await readdir(join(base.path, 'there'))).toEqual([]);
});
