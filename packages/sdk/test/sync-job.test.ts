/** Following a job whose outputs appear one after the other. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { syncJob } from '@quarry/sdk/node';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { json, type PlatformDouble, startDouble } from './platform-double.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quarry-sync-'));
});
afterEach(() => rm(directory, { recursive: true }));

const STATUSES = ['Pending', 'Executing', 'Completed'];

interface Running {
  /** Contents by path; a test adds to them. */
  outputs: Record<string, string>;
  /** How many of the statuses have happened. */
  reached: number;
  features: string[];
  /** Resolves when something happens, for requests that wait. */
  news: PromiseWithResolvers<void>;
  refuse: (url: URL) => number | undefined;
}

const running = (changes: Partial<Running> = {}): Running => ({
  outputs: {},
  reached: 2,
  features: [],
  news: Promise.withResolvers(),
  refuse: () => undefined,
  ...changes,
});

function startRunning(job: Running): Promise<PlatformDouble> {
  const idOf = (path: string, content: string) =>
    createHash('sha1')
      .update(path + content)
      .digest('hex')
      .slice(0, 6);
  return startDouble(async (request, response) => {
    const url = new URL(request.url, 'http://platform');
    const refused = job.refuse(url);
    const entries = Object.entries(job.outputs);
    const page = (results: unknown[], count = results.length) =>
      json(response, 200, { count, next: null, previous: null, results });
    const id = /files\/(\w+)\/contents/.exec(url.pathname)?.[1];
    if (refused !== undefined) {
      json(response, refused, { detail: 'Not now.' });
    } else if (id !== undefined) {
      response.end(entries.find((entry) => idOf(...entry) === id)?.[1]);
    } else if (url.pathname.endsWith('/server/')) {
      json(response, 200, { features: job.features });
    } else if (url.pathname.endsWith('/statuses/')) {
      if (url.searchParams.has('wait')) {
        await job.news.promise;
      }
      const happened = STATUSES.slice(0, job.reached).map((status, index) => ({
        id: `status${index}`,
        status,
        statusDate: `2026-01-05T09:00:0${index}.000000Z`,
        statusReason: status === 'Completed' ? 'Completed successfully' : null,
      }));
      page(happened.toReversed());
    } else if (url.pathname.endsWith('/files/')) {
      const size = Number(url.searchParams.get('page_size'));
      const files = entries.map(([path, content]) => ({
        id: idOf(path, content),
        name: path,
        relativePath: path,
        decryptedSize: content.length,
        fileChecksums: [
          { hashFunction: 'sha512', fileHash: createHash('sha512').update(content).digest('hex') },
        ],
      }));
      page(files.slice(0, size), files.length);
    } else {
      json(response, 200, { id: 'jobjob', name: 'job' });
    }
  });
}

const contentsAsked = ({ asked }: PlatformDouble) =>
  asked.filter(({ url }) => url.includes('/contents/')).length;

test('outputs are fetched as they appear, once each, and the end is that of the job', async () => {
  const job = running({ outputs: { 'run1/U': 'one' } });
  await using platform = await startRunning(job);
  const statuses: string[] = [];
  const synced = await syncJob(platform.client(), 'jobjob', directory, {
    onStatus: ({ status }) => statuses.push(status),
    onFile: ({ file }) => {
      if (file.relativePath === 'run1/U') {
        job.outputs['run2/U'] = 'two';
      } else {
        // Beside the end, one more output that no look before it has seen.
        job.outputs['run3/U'] = 'three';
        job.reached = 3;
      }
    },
  });
  expect(synced).toMatchObject({ outcome: 'success', failure: null });
  expect(statuses).toEqual(STATUSES);
  expect(synced.files.map(({ file }) => file.relativePath)).toEqual(['run1/U', 'run2/U', 'run3/U']);
  expect(await readFile(join(directory, 'run3', 'U'), 'utf8')).toBe('three');
  expect(contentsAsked(platform)).toBe(3);

  const again = await syncJob(platform.client(), 'jobjob', directory);
  expect(again.files).toHaveLength(3);
  expect(contentsAsked(platform)).toBe(3);
});

test('only what patterns name is fetched', async () => {
  await using platform = await startRunning(running({ reached: 3, outputs: { U: 'u', 'log.x': 'log' } }));
  const { files } = await syncJob(platform.client(), 'jobjob', directory, { exclude: ['log.*'] });
  expect(files.map(({ file }) => file.name)).toEqual(['U']);
});

test('a platform that can wait for news is not asked again and again', async () => {
  const job = running({ features: ['status-wait'] });
  await using platform = await startRunning(job);
  const syncing = syncJob(platform.client(), 'jobjob', directory, {
    onStatus: ({ status }) => {
      if (status !== 'Executing') {
        return;
      }
      job.reached = 3;
      job.news.resolve();
    },
  });
  expect((await syncing).outcome).toBe('success');
  const waits = platform.asked.map(({ url }) => new URL(url, 'http://platform').searchParams);
  expect(waits.filter((query) => query.has('wait')).map((query) => query.get('since'))).toEqual(['status1']);
});

test('an outage is sat out, and so is an output that goes away to be made again', async () => {
  const job = running({ outputs: { U: 'old' } });
  let outages = 1;
  job.refuse = ({ pathname }) => {
    if (pathname.endsWith('/statuses/') && outages-- > 0) {
      return 503;
    }
    if (!pathname.includes('/contents/') || job.reached === 3) {
      return undefined;
    }
    job.outputs = { U: 'new' };
    job.reached = 3;
    return 404;
  };
  await using platform = await startRunning(job);
  const { files } = await syncJob(platform.client({ maxRetries: 0 }), 'jobjob', directory);
  expect(files).toHaveLength(1);
  expect(await readFile(join(directory, 'U'), 'utf8')).toBe('new');
});

test('what cannot pass ends it at once', async () => {
  await using platform = await startRunning(running({ refuse: () => 403 }));
  await expect(syncJob(platform.client(), 'jobjob', directory)).rejects.toMatchObject({ status: 403 });
  expect(platform.asked).toHaveLength(1);
});
