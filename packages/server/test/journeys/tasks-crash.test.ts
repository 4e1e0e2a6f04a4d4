/** kill -9 of the server at any moment of tasks: each is done once, and what it has made is there once and whole. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, test } from 'vitest';
import { startPlatform } from '../../testing/start-platform.ts';
import { definition, runJob, until, uploadFile } from '../platform-harness.ts';

test('tasks that were begun are done after kill -9 at whatever moment, and cancelled ones make nothing', async () => {
  await using platform = await startPlatform({ cores: 4 });
  const call = async (method: string, path: string, body?: unknown) =>
    (await platform.call(method, `/api/v2/${path}`, body)).body;
  const { id: jobId } = await runJob(
    platform,
    definition('for i in 1 2 3 4; do head -c 30000000 /dev/urandom > part$i; done'),
  );
  const { id: device } = await call('POST', 'storage-devices/', { name: 'd', storageSize: 1 });
  await call('POST', `storage-devices/${device}/submit/`);
  const { id: fileId } = await uploadFile(platform, 'large', Buffer.alloc(60_000_000, 'x'));
  const made = new Set<string>();
  for (let round = 0; round < 4 * inject('often'); round += 1) {
    const begun = [
      await call('POST', `jobs/${jobId}/archive/task/`, { format: 'tar' }),
      await call('POST', `storage-devices/${device}/file-downloads/task/`, {
        files: [{ id: fileId }],
        outputDir: `round${round}`,
      }),
      await call('POST', `jobs/${jobId}/archive/task/`),
    ];
    const cancelled = begun[2].id as string;
    await sleep(Math.random() * 300);
    const { status } = await platform.call('DELETE', `/api/v2/tasks/${cancelled}/`);
    expect(status).toBe(204);
    await sleep(Math.random() * 200);
    await platform.kill();
    await platform.restart();
    const ended = await until(async () => {
      const { results } = await call('GET', 'tasks/?page_size=1000');
      return results.every(({ ready }: { ready: boolean }) => ready) && results;
    }, 'the end of all tasks');
    const byId = new Map<string, (typeof ended)[number]>(
      ended.map((task: { id: string }) => [task.id, task]),
    );
    expect(byId.get(begun[0].id)).toMatchObject({ status: 'done', error: null, result: [{ fileCount: 5 }] });
    expect(byId.get(begun[1].id)).toMatchObject({
      ...{ status: 'done', error: null },
      result: [{ files: [{ path: `round${round}/large`, sizeBytes: 60_000_000 }] }],
    });
    made.add(byId.get(begun[0].id)!.result[0].fileId);
    // Cancelled, or forgotten where it was done by then.
    expect(byId.get(cancelled)?.status ?? 'forgotten').toMatch(/^(cancelled|forgotten)$/);
  }
  const { results: files } = await call('GET', 'files/?page_size=1000&search=.tar');
  expect(new Set(files.map(({ id }: { id: string }) => id))).toEqual(made);
  expect(files).toHaveLength(made.size);
  for (const { id } of files) {
    const file = await call('GET', `files/${id}/`);
    const bytes = await fetch(new URL(`/api/v2/files/${id}/contents/`, platform.url), {
      headers: { authorization: `Token ${platform.apiKey}` },
    });
    const digest = await crypto.subtle.digest('SHA-512', await bytes.arrayBuffer());
    expect(Buffer.from(digest).toString('hex')).toBe(file.fileChecksums[0].fileHash.toLowerCase());
  }
}, 180_000);

test('a job with very many files is gone when its deletion is answered, and stays gone over kill -9', async () => {
  await using platform = await startPlatform({ cores: 4 });
  const call = (method: string, path: string) => platform.call(method, `/api/v2/${path}`);
  const { id: jobId } = await runJob(platform, definition('seq 20100 | xargs touch; echo bytes > file'));
  const files = async () => (await call('GET', 'files/?search=file')).body.count;
  expect(await files()).toBe(1);
  const deleted = await call('DELETE', `jobs/${jobId}/`);
  const taskId = /the task (\w+)/.exec(deleted.headers.get('warning') ?? '')?.[1];
  await platform.kill();
  expect(deleted.status).toBe(204);
  await platform.restart();
  for (const path of [`jobs/${jobId}/`, `jobs/${jobId}/files/`]) {
    expect((await call('GET', path)).status).toBe(404);
  }
  expect([await files(), (await call('GET', 'files/')).body.count]).toEqual([0, 0]);
  const task = await until(async () => {
    const { body } = await call('GET', `tasks/${taskId}/`);
    return body.ready === true && body;
  }, 'the end of the deletion');
  expect(task).toMatchObject({
    ...{ kind: 'deletion', status: 'done', subject: { type: 'job', id: jobId } },
    ...{ progress: { done: 20_102, of: 20_102, unit: 'files' }, result: [{ files: 20_102 }] },
  });
}, 120_000);
