/** Data directories that versions of before have written, and their agents, under the server of this one. */
import { type ChildProcess, execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type ExecutingJob,
  type KeptVersion,
  keptVersions,
  unpackVersion,
} from '../../testing/kept-version.ts';
import { type Platform, startPlatform } from '../../testing/start-platform.ts';
import { reach, readOutput, until } from '../platform-harness.ts';

const DOCTOR = fileURLToPath(new URL('../../src/doctor.ts', import.meta.url));

describe.each(keptVersions())('what version %s has left', (name) => {
  let version: KeptVersion;
  let platform: Platform;
  let going: ExecutingJob;
  let ending: ExecutingJob;
  let agents: Record<'launched' | 'going', ChildProcess>;

  beforeAll(async () => {
    version = await unpackVersion(name);
    [going, ending] = version.kept.executing as [ExecutingJob, ExecutingJob];
    const executing = await version.startExecuting(going);
    await version.recordAgent(going.clusterId, executing);
    await endWithoutServer(ending);
    agents = { going: executing, launched: version.startAgent(version.kept.launched.clusterId) };
    platform = await startPlatform({ data: version.data, cores: 8 });
  });
  afterAll(async () => {
    await platform?.[Symbol.asyncDispose]();
    await version?.[Symbol.asyncDispose]();
  });
  const ask = async (path: string, key?: string) => (await platform.call('GET', path, undefined, key)).body;
  const withUrl = (body: unknown) =>
    JSON.parse(JSON.stringify(body).replaceAll(version.kept.placeholders.url, platform.url));

  test('an agent that had not begun when its server died ends its job under this one', async () => {
    const { jobId } = version.kept.launched;
    const history = await reach(platform, jobId, 'Completed');
    expect(history.at(-1)).toBe('Completed (Completed successfully)');
    expect(await readOutput(platform, jobId, 'launched.txt')).toBe('launched\n');
    await hasLeft('launched');
  });

  test('an agent in the middle of its run is adopted: its job goes on executing and ends with what it made', async () => {
    const { jobId } = going;
    expect(await ask(`/api/v2/jobs/${jobId}/`)).toMatchObject({ status: 'Executing', outcome: null });
    expect(agents.going.exitCode).toBeNull();
    await letGo(going);
    await reach(platform, jobId, 'Completed');
    expect((await ask(`/api/v2/jobs/${jobId}/`)).outcome).toBe('success');
    expect(await ask(`/api/v2/jobs/${jobId}/runs/1/`)).toMatchObject({ attempt: 1, outcome: 'success' });
    expect(await readOutput(platform, jobId, 'copy.txt')).toBe('seven\n');
    const log = await readOutput(platform, jobId, 'process_output.log');
    expect(log.match(/begun$/gm)).toHaveLength(1);
    await hasLeft('going');
  });

  test('what an agent had written down before it died without a server counts', async () => {
    const { jobId } = ending;
    expect((await reach(platform, jobId, 'Completed')).at(-1)).toBe('Completed (Completed successfully)');
    expect(await readOutput(platform, jobId, 'copy.txt')).toBe('seven\n');
  });

  test('the keys of then are keys', async () => {
    expect(platform.apiKey).toBe(version.ownerKey);
    expect((await ask('/api/v2/users/me/', version.otherKey)).email).toBe(version.kept.otherUser.email);
  });

  /** How much memory a core has is the host's, and said anew by every start. */
  const withoutHost = (body: unknown) =>
    JSON.parse(JSON.stringify(body, (key, value) => (key === 'memoryPerNode' ? undefined : value)));

  test('every answer of then is given again', async () => {
    for (const { path, body } of version.kept.answers) {
      // Jobs that executed then have files now.
      const now = await ask(path);
      if (path.startsWith('/api/v2/files/?')) {
        const old = new Set((body as { results: { id: string }[] }).results.map(({ id }) => id));
        now.results = now.results.filter(({ id }: { id: string }) => old.has(id));
        delete (body as { count?: number }).count;
      }
      if ('expiresAt' in (body as object)) {
        delete (body as { expiresAt?: string }).expiresAt;
      }
      expect(now, path).toMatchObject(withoutHost(withUrl(body)));
    }
  });

  test('every file has the bytes that its digest promises', async () => {
    const { results } = await ask('/api/v2/files/?page_size=100');
    expect(results.length).toBeGreaterThan(15);
    for (const { downloadUrl, fileChecksums } of results) {
      const response = await fetch(downloadUrl, { headers: { authorization: `Token ${platform.apiKey}` } });
      const digest = createHash('sha512')
        .update(Buffer.from(await response.arrayBuffer()))
        .digest('hex');
      expect([downloadUrl, digest]).toEqual([downloadUrl, fileChecksums[0].fileHash]);
    }
  });

  test('what was deleted stays so', async () => {
    const { jobId, fileId } = version.kept.deleted;
    for (const path of [`jobs/${jobId}/`, `files/${fileId}/`, `files/${fileId}/contents/`]) {
      expect((await platform.call('GET', `/api/v2/${path}`)).status).toBe(404);
    }
  });

  test('the other user sees their own and nothing else', async () => {
    const { fileId } = version.kept.otherUser;
    const key = version.otherKey;
    const { results } = await ask('/api/v2/files/?page_size=100', key);
    expect(results.map((file: { id: string }) => file.id)).toContain(fileId);
    const { jobId } = going;
    expect((await platform.call('GET', `/api/v2/jobs/${jobId}/`, undefined, key)).status).toBe(404);
  });

  test('an upload goes on where it was', async () => {
    const { id, text, receivedBytes } = version.kept.upload;
    const response = await fetch(new URL(`/api/v2/files/uploads/${id}/`, platform.url), {
      method: 'PATCH',
      headers: {
        ...{ authorization: `Token ${platform.apiKey}`, 'tus-resumable': '1.0.0' },
        ...{ 'upload-offset': String(receivedBytes), 'content-type': 'application/offset+octet-stream' },
      },
      body: text.slice(receivedBytes),
    });
    expect(response.status).toBe(204);
    const { file } = await ask(`/api/v2/files/uploads/${id}/`);
    const bytes = await fetch(file.downloadUrl, { headers: { authorization: `Token ${platform.apiKey}` } });
    expect(await bytes.text()).toBe(text);
  });

  test('a job that was saved then can be submitted and cloned now', async () => {
    const { jobId } = version.kept.saved;
    const clone = await platform.call('POST', `/api/v2/jobs/${jobId}/clone/`);
    expect(clone.status).toBe(201);
    expect((await platform.call('POST', `/api/v2/jobs/${jobId}/submit/`)).status).toBe(200);
    await reach(platform, jobId, 'Completed');
    expect(await readOutput(platform, jobId, 'process_output.log')).toContain('later');
  });

  test('the doctor finds nothing, every byte read', async () => {
    expect(await findings()).toEqual([]);
  });

  async function letGo({ exchange }: ExecutingJob): Promise<void> {
    await writeFile(join(exchange.runs[0]!.directory, 'home/work/go'), '');
  }

  /** Its agent ends the run while no server hears it, and is killed. */
  async function endWithoutServer(job: ExecutingJob): Promise<void> {
    const agent = await version.startExecuting(job);
    await version.recordAgent(job.clusterId, agent);
    await letGo(job);
    const journal = join(version.data, 'clusters', job.clusterId, 'journal.ndjson');
    await until(
      async () => (await readFile(journal, 'utf8')).includes('"run_finished"'),
      'the end of the run',
    );
    agent.kill('SIGKILL');
    await once(agent, 'exit');
  }

  /** Told that the job is over, an agent says goodbye and goes; one that is refused says why. */
  async function hasLeft(which: keyof typeof agents): Promise<void> {
    const agent = agents[which];
    if (agent.exitCode === null) {
      await once(agent, 'exit');
    }
    expect(agent.exitCode).toBe(0);
  }

  function findings(): Promise<unknown[]> {
    return new Promise((resolve, reject) => {
      execFile(
        process.execPath,
        [DOCTOR, '--data', version.data, '--read-data'],
        (_error, stdout, stderr) => {
          if (stdout === '') {
            return reject(new Error(stderr));
          }
          const { checks } = JSON.parse(stdout) as { checks: Array<{ name: string; status: string }> };
          resolve(
            checks.filter(
              ({ name: check, status }) => status !== 'ok' && !['sandbox', 'space'].includes(check),
            ),
          );
        },
      );
    });
  }
});

test.each(keptVersions())(
  'of an agent of %s whose job is shut down nothing is kept but the log',
  async (name) => {
    await using version = await unpackVersion(name);
    const job = version.kept.executing[0] as ExecutingJob;
    await version.recordAgent(job.clusterId, await version.startExecuting(job));
    await using platform = await startPlatform({ data: version.data, cores: 8 });
    await reach(platform, job.jobId, 'Executing');
    await writeFile(join(job.exchange.runs[0]!.directory, 'home/work/half.txt'), 'half');
    const { status } = await platform.call('POST', `/api/v2/jobs/${job.jobId}/shutdown/`);
    expect(status).toBe(202);
    await reach(platform, job.jobId, 'Completed');
    const { body } = await platform.call('GET', `/api/v2/jobs/${job.jobId}/files/`);
    const outputs = body.results.map(({ relativePath }: { relativePath: string }) => relativePath);
    expect(outputs).toEqual(['process_output.log']);
  },
);
