import { createHash } from 'node:crypto';
import {
  appendFileSync,
  createReadStream,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { hasClients, SshUser } from '@quarry/agent/testing/ssh-clients';
import type { AgentRequest } from '@quarry/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseExposition } from '../exposition.ts';
import { bytesOf, followFile } from '../follow-harness.ts';
import { canPart, type PartedPlatform, startPartedPlatform } from '../parted-harness.ts';
import { clusterOf, definition, submitJob, until } from '../platform-harness.ts';

const LARGE_BYTES = 100_000_000;
const COMMAND = `mkdir -p results/deep; echo inside > results/deep/file; echo odd > $'b\\xff.txt'
ln -s /etc/passwd away; head -c ${LARGE_BYTES} /dev/urandom > large; printf 'one\\ntwo\\nthree\\n' > log.txt
trap 'echo got >> heard' USR1; touch begun; while :; do sleep 0.1; done`;

describe.skipIf(!canPart)('a server that does not see the disk of an agent', () => {
  let platform: PartedPlatform;
  let jobId: string;
  let cluster: string;
  let work: string;

  beforeAll(async () => {
    platform = await startPartedPlatform({
      cores: 4,
      config: 'usage_sample_seconds = 1\n',
      environment: { QUARRY_SSH_PORTS: '0' },
    });
    jobId = await submitJob(platform, definition(COMMAND));
    await until(async () => (await tail('begun', '')).status === 200, 'the command');
    const { id } = await clusterOf(platform, jobId);
    cluster = join(platform.dataDir, 'clusters', id);
    work = join(cluster, 'runs/1/home/work');
    await platform.part();
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
  });

  function tail(path: string, query: string, init: RequestInit = {}): Promise<Response> {
    const url = new URL(`/api/v2/jobs/${jobId}/runs/1/tail/${path}${query}`, platform.url);
    return fetch(url, { ...init, headers: { authorization: `Token ${platform.apiKey}`, ...init.headers } });
  }

  /** How many answers about files the server has got from agents. */
  async function answers(): Promise<number> {
    const response = await fetch(new URL('/metrics', platform.url), {
      headers: { authorization: `Bearer ${platform.apiKey}` },
    });
    const route = '/api/agent/clusters/:clusterId/requests/:requestId/answer/';
    const { families } = parseExposition(await response.text());
    const ofRoute = families
      .get('quarry_http_requests_total')!
      .filter(({ labels }) => labels.route === route);
    return ofRoute.reduce((sum, { value }) => sum + value, 0);
  }

  test('finds a text in a file there, and where its lines begin', async () => {
    const ask = (what: string) => platform.call('GET', `/api/v2/jobs/${jobId}/runs/1/${what}`);
    expect((await ask('find/log.txt?q=t')).body).toMatchObject({
      matches: [
        { offset: 4, line: 2, text: 'two' },
        { line: 3, text: 'three' },
      ],
      next: null,
    });
    expect((await ask('line-index/log.txt?every=1')).body).toMatchObject({
      offsets: [0, 4, 8],
      lineCount: 3,
    });
  });

  test('sees nothing of it', () => {
    expect(readdirSync(`/proc/${platform.pid}/root${platform.dataDir}/clusters`)).toEqual([]);
  });

  test('lists what lies in the work directory', async () => {
    const { status, body } = await platform.call(
      'GET',
      `/api/v2/jobs/${jobId}/runs/1/directory-contents/?all=true`,
    );
    expect(status).toBe(200);
    const entries = body.map(({ path, type, sizeBytes }: Record<string, unknown>) => [path, type, sizeBytes]);
    expect(entries).toEqual(
      expect.arrayContaining([
        ['results/deep', 'directory', expect.any(Number)],
        ['results/deep/file', 'file', 7],
        ['%bytes=b%FF.txt', 'file', 4],
        ['away', 'link', expect.any(Number)],
        ['large', 'file', LARGE_BYTES],
        ['log.txt', 'file', 14],
      ]),
    );
  });

  test('answers the end of a file, a part of it, and all of a large one', async () => {
    const lines = await tail('log.txt', '?lines=2');
    expect(await lines.json()).toMatchObject({ lines: ['two', 'three'] });
    const part = await tail('log.txt', '', { headers: { range: 'bytes=4-6' } });
    expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([
      206,
      'bytes 4-6/14',
      'two',
    ]);
    expect(await (await tail('%25bytes=b%25FF.txt', '')).text()).toBe('odd\n');
    expect((await tail('large', '', { method: 'HEAD' })).headers.get('content-length')).toBe(
      String(LARGE_BYTES),
    );
    const hash = createHash('sha512');
    for await (const chunk of (await tail('large', '')).body!) {
      hash.update(chunk);
    }
    const expected = createHash('sha512');
    for await (const chunk of createReadStream(join(work, 'large'))) {
      expected.update(chunk as Buffer);
    }
    expect(hash.digest('hex')).toBe(expected.digest('hex'));
  });

  test('refuses in words what is not there, leads away, or is no file', async () => {
    const answer = async (path: string) => {
      const response = await tail(path, '');
      return [response.status, ((await response.json()) as { detail: string }).detail];
    };
    const missing = (name: string) => [
      404,
      `There is no file "${name}" in the work directory of this run now.`,
    ];
    expect(await answer('nothing')).toEqual(missing('nothing'));
    expect(await answer('away')).toEqual(missing('away'));
    expect(await answer('results/deep')).toEqual([400, '"results/deep" is not a file.']);
  });

  test('tells followers of a file what is written to it, and when it begins anew', async () => {
    const path = join(work, 'followed');
    writeFileSync(path, 'one\n');
    using stream = await followFile(platform, jobId, 'followed');
    expect(await stream.next()).toMatchObject({ type: 'data', data: { start: 0, text: 'one\n' } });
    appendFileSync(path, 'two\n');
    expect(await stream.next()).toMatchObject({ type: 'data', data: { start: 4, text: 'two\n' } });
    writeFileSync(path, 'new\n');
    expect(await stream.next()).toMatchObject({ type: 'restart', data: { reason: 'truncated' } });
    expect(await stream.next()).toMatchObject({ type: 'data', data: { start: 0, text: 'new\n' } });
    writeFileSync(join(work, 'other'), 'other\n');
    renameSync(join(work, 'other'), path);
    expect(await stream.next()).toMatchObject({ type: 'restart', data: { reason: 'replaced' } });
    expect(await stream.next()).toMatchObject({ type: 'data', data: { start: 0, text: 'other\n' } });
    rmSync(path);
  });

  test('asks once for what many follow, and for nothing when nobody does', async () => {
    const path = join(work, 'crowded');
    writeFileSync(path, 'ready\n');
    const before = await answers();
    const streams = await Promise.all(
      Array.from({ length: 60 }, () => followFile(platform, jobId, 'crowded')),
    );
    await Promise.all(streams.map((stream) => stream.next()));
    const joined = await answers();
    for (let round = 0; round < 10; round += 1) {
      appendFileSync(path, `line ${round}\n`);
      const told = await Promise.all(streams.map((stream) => stream.until(({ type }) => type === 'data')));
      expect(new Set(told.map((events) => events.at(-1)!.data.text))).toEqual(new Set([`line ${round}\n`]));
    }
    // A look, the bytes before it and those behind it, and now and then one at the name.
    expect((await answers()) - joined).toBeLessThan(100);
    // Each of them was told whether there is such a file.
    expect(joined - before).toBeLessThan(60 * 3);
    for (const stream of streams) {
      stream[Symbol.dispose]();
    }
    const afterwards = await until(async () => {
      const now = await answers();
      return now === (await answers()) && now;
    }, 'the last look');
    // Something else that is asked for would bring an answer along that was late.
    await tail('log.txt', '?lines=1');
    const more = await answers();
    expect(more - afterwards).toBeLessThan(6);
  });

  test('sends signals to its runs, and has their load, as of others', async () => {
    const run = `/api/v2/jobs/${jobId}/runs/1`;
    expect((await platform.call('POST', `${run}/signal/`, { signal: 'SIGUSR1' })).status).toBe(200);
    await until(async () => (await (await tail('heard', '')).text()) === 'got\n', 'the signal');
    const points = async () => (await platform.call('GET', `${run}/usage/`)).body.points.length as number;
    const before = await points();
    await until(async () => (await points()) > before, 'another sample');
  });

  test.skipIf(!hasClients)('lets people in by SSH with keys of now', { retry: 3 }, async () => {
    using user = new SshUser();
    const key = user.makeKey('new');
    const { body: way } = await platform.call('GET', `/api/v2/jobs/${jobId}/ssh/`);
    expect((await user.exec(way, key.path, 'true')).code).toBe(255);
    await platform.call('PATCH', '/api/v2/users/me/', { sshPublicKeys: [key.line] });
    const login = await until(async () => {
      const ended = await user.exec(way, key.path, 'cat work/log.txt');
      return ended.code === 0 && ended;
    }, 'the key to be known');
    expect(login.stdout).toBe('one\ntwo\nthree\n');
    await platform.call('PATCH', '/api/v2/users/me/', { sshPublicKeys: [] });
    await until(async () => (await user.exec(way, key.path, 'true')).code === 255, 'the key to be gone');
  });

  test('takes from an agent what is an answer, and drops or refuses all else', async () => {
    const { pid } = JSON.parse(readFileSync(join(cluster, 'agent.lock'), 'utf8'));
    const { token, clusterId } = JSON.parse(readFileSync(join(cluster, 'cluster.json'), 'utf8'));
    const post = (path: string, body: string | Uint8Array<ArrayBuffer>) =>
      fetch(new URL(`/api/agent/clusters/${clusterId}/${path}`, platform.url), {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' },
        body,
      });
    /** The one thing that is asked for now; the agent itself is stopped. */
    const asked = () =>
      until(async () => {
        const poll = { events: [], lastBatch: 1_000_000, wantRuns: 0, knownStop: null, waitSeconds: 0 };
        const body = JSON.stringify({ ...poll, understands: ['look', 'read'], knownRequests: [] });
        const { requests } = (await (await post('exchange/', body)).json()) as { requests: AgentRequest[] };
        return requests[0];
      }, 'a request');
    const answer = async (id: string, head: unknown, bytes = '') =>
      (await post(`requests/${id}/answer/`, `${JSON.stringify(head)}\n${bytes}`)).status;
    process.kill(pid, 'SIGSTOP');
    try {
      const reading = tail('log.txt', '');
      const { id } = await asked();
      expect(await answer('AbCdEf', { kind: 'read', isEnd: true }, 'nobody waits')).toBe(204);
      const look = { sizeBytes: 5, stamp: '1', identity: '1:1' };
      for (const [head, bytes] of [
        [{ kind: 'look', path: 'x' }],
        [{ kind: 'look', path: 'x', look: { ...look, sizeBytes: -1 } }],
        [{ kind: 'look', path: 'x', look }, 'bytes'],
        [{ kind: 'list', isWhole: true, entries: [] }],
        [{ kind: 'dance' }],
        ['text'],
      ] as const) {
        expect(await answer(id, head, bytes)).toBe(400);
      }
      expect((await post(`requests/${id}/answer/`, 'no line')).status).toBe(400);
      expect((await post(`requests/${id}/answer/`, new Uint8Array(100_000_000))).status).toBe(413);
      expect(await answer(id, { kind: 'look', path: 'x', look })).toBe(204);
      const read = await asked();
      expect(read).toMatchObject({ kind: 'read', identity: '1:1', position: 0, bytes: 5 });
      expect(await answer(read.id, { kind: 'read', isEnd: false }, 'more than that')).toBe(400);
      expect(await answer(read.id, { kind: 'read', isEnd: false }, 'whole')).toBe(204);
      expect(await (await reading).text()).toBe('whole');
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    expect(await (await tail('log.txt', '')).text()).toBe('one\ntwo\nthree\n');
  });

  test('goes on where followers were when it was killed', async () => {
    const path = join(work, 'kept');
    writeFileSync(path, 'before\n');
    using first = await followFile(platform, jobId, 'kept');
    const seen = await first.until(({ type }) => type === 'data');
    await platform.kill();
    appendFileSync(path, 'meanwhile\n');
    await platform.restart();
    const { id } = seen.at(-1)!;
    using second = await until(async () => {
      const stream = await followFile(platform, jobId, 'kept', { last: id! });
      return stream.status === 200 && stream;
    }, 'the agent');
    const rest = await second.until(({ type }) => type === 'data');
    expect(bytesOf(rest, 7).toString()).toBe('meanwhile\n');
  });
});
