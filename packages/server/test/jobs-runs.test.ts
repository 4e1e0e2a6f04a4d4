import { readFileSync } from 'node:fs';
import { lstat, open, readdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import type { FileObject } from '@quarry/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LIMITS } from '../src/limits.ts';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import {
  definition,
  rawRequest,
  reach,
  runJob,
  saveJob,
  sendRaw,
  submitJob,
  until,
  untilPrinted,
} from './platform-harness.ts';

let platform: Platform;
let id: string;

/** Leaves everything in the work directory that a tail must cope with, then waits. */
const COMMAND = `mkdir -p a/b shared2
printf 'one\\ntwo\\nthree\\n' > lines.txt
printf 'no end' > open.txt
: > empty.txt
echo nested > 'a/b/deep file.txt'
head -c 200000 /dev/zero | tr '\\0' 'x' > long.txt
seq 1 20000 > many.txt
ln -s /etc/passwd link-out
ln -s ../../../../../../../../../etc/passwd link-up
ln -s /etc dir-out
ln -s lines.txt link-in
ln -s nowhere dangling
mkfifo pipe
printf 'step 1\\n10%%\\r50%%\\r100%%\\r\\nstep 2\\n' > progress.txt
truncate -s 10G zeros.bin
yes 'a line of some length' | head -c 20000000 > large.txt
echo ready; touch done; sleep 300`;

beforeAll(async () => {
  platform = await startPlatform({ cores: 4 });
  id = await submitJob(platform, definition(COMMAND));
  await until(async () => (await tail('done?lines=1')).status === 200, 'the files of the run');
  await writeFile(join(platform.dataDir, 'secret.txt'), 'secret');
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

/** Sends the path as it stands, as no client library would. */
const tail = (rest: string) =>
  sendRaw(platform, rawRequest(platform, 'GET', `/api/v2/jobs/${id}/runs/1/tail/${rest}`), 3000);
const linesOf = async (rest: string) => JSON.parse((await tail(rest)).text).lines as string[];

/** Where the commands of the job work. */
async function workOf(): Promise<string> {
  const path = JSON.parse((await tail('lines.txt?lines=1')).text).fileType as string;
  return dirname(path.slice(0, path.indexOf(': ')));
}
/** The most memory that the server has had. */
function peakMemoryBytes(): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${platform.pid}/status`, 'utf8'))![1]) * 1024;
}

describe('tail', () => {
  test('gives the last lines as JSON, without their ends', async () => {
    expect(JSON.parse((await tail('lines.txt?lines=2')).text)).toEqual({
      fileType: expect.stringMatching(/^\/.*\/work\/lines\.txt: ASCII text$/),
      lines: ['two', 'three'],
    });
    expect(await linesOf('lines.txt?lines=10000')).toEqual(['one', 'two', 'three']);
    expect(await linesOf('open.txt?lines=5')).toEqual(['no end']);
    expect(await linesOf('empty.txt?lines=5')).toEqual([]);
    expect((await linesOf('long.txt?lines=1'))[0]).toHaveLength(200_000);
    const many = await linesOf('many.txt?lines=10000');
    expect([many.length, many[0], many.at(-1)]).toEqual([10_000, '10001', '20000']);
  });

  test('counts a carriage return as the end of a line, as programs show their progress', async () => {
    expect(await linesOf('progress.txt?lines=4')).toEqual(['10%', '50%', '100%', 'step 2']);
    expect((await tail('progress.txt')).text).toBe('step 1\n10%\r50%\r100%\r\nstep 2\n');
  });

  test('is bounded in bytes, whatever the file is made of, and says what it leaves out', async () => {
    const ask = async (path: string) => {
      const response = await fetch(new URL(`/api/v2/jobs/${id}/runs/1/tail/${path}`, platform.url), {
        headers: { authorization: `Token ${platform.apiKey}` },
      });
      const text = await response.text();
      const { lines, truncated } = JSON.parse(text) as { lines: string[]; truncated?: true };
      return { bytes: Buffer.byteLength(text), lines, truncated, warning: response.headers.get('warning') };
    };
    const before = peakMemoryBytes();
    const zeros = await ask('zeros.bin?lines=10');
    expect(zeros.bytes).toBeLessThan(LIMITS.tailBytes + 1000);
    expect([zeros.lines.length, /^\0+$/.test(zeros.lines[0]!), zeros.truncated]).toEqual([1, true, true]);
    expect(zeros.warning).toContain('longer than what is given of it');
    expect(peakMemoryBytes() - before).toBeLessThan(64 * 1024 * 1024);

    const large = await ask('large.txt?lines=10000');
    expect([large.lines.length, large.truncated, large.warning]).toEqual([10_000, undefined, null]);
    await writeFile(join(await workOf(), 'wide.txt'), `${'x'.repeat(1000)}\n`.repeat(9000));
    const cut = await ask('wide.txt?lines=10000');
    expect([cut.truncated, new Set(cut.lines.map(({ length }) => length))]).toEqual([true, new Set([1000])]);
    expect(cut.lines.length).toBeGreaterThan(4000);
    expect(cut.warning).toContain('fewer than were asked for');
  });

  test('gives a range of the bytes, so that a follower reads nothing twice', async () => {
    const range = async (bytes: string) => {
      const request = rawRequest(platform, 'GET', `/api/v2/jobs/${id}/runs/1/tail/lines.txt`, {
        headers: [`Range: bytes=${bytes}`],
      });
      const { status, headers, text } = await sendRaw(platform, request);
      return [status, headers['content-range'], status === 206 ? text : JSON.parse(text).code];
    };
    expect(await range('4-')).toEqual([206, 'bytes 4-13/14', 'two\nthree\n']);
    expect(await range('-6')).toEqual([206, 'bytes 8-13/14', 'three\n']);
    expect(await range('14-')).toEqual([416, 'bytes */14', 'range_not_satisfiable']);
  });

  test('breaks the connection off rather than promise bytes that a shorter file has not', async () => {
    const path = join(await workOf(), 'shrinking.bin');
    await using file = await open(path, 'w');
    await file.truncate(200_000_000);
    const { hostname, port } = new URL(platform.url);
    const socket = connect(Number(port), hostname);
    let bytes = 0;
    socket.on('error', () => undefined);
    const first = Promise.withResolvers<void>();
    socket.on('data', (chunk) => {
      bytes += chunk.length;
      socket.pause();
      first.resolve();
    });
    socket.write(rawRequest(platform, 'GET', `/api/v2/jobs/${id}/runs/1/tail/shrinking.bin`));
    await first.promise;
    await file.truncate(0);
    socket.resume();
    socket.removeAllListeners('data').on('data', (chunk) => {
      bytes += chunk.length;
    });
    await new Promise((resolve) => socket.once('close', resolve));
    expect(bytes).toBeLessThan(200_000_000);
    expect((await tail('lines.txt?lines=1')).status).toBe(200);
  });

  test('asked only for its head reads nothing', async () => {
    const head = await fetch(new URL(`/api/v2/jobs/${id}/runs/1/tail/zeros.bin`, platform.url), {
      method: 'HEAD',
      headers: { authorization: `Token ${platform.apiKey}` },
    });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(10 * 1024 ** 3)]);
  });

  test.each([
    ['lines.txt', 'one\ntwo\nthree\n'],
    ['lines.txt/', 'one\ntwo\nthree\n'],
    ['shared/lines.txt', 'one\ntwo\nthree\n'],
    ['link-in', 'one\ntwo\nthree\n'],
    ['a/b/deep%20file.txt', 'nested\n'],
    ['a%2Fb%2Fdeep%20file.txt', 'nested\n'],
    ['./a/./b//deep%20file.txt', 'nested\n'],
    ['empty.txt', ''],
  ])('gives the bytes of %s', async (path, text) => {
    const answer = await tail(path);
    expect([answer.status, answer.text]).toEqual([200, text]);
    expect(answer.headers['content-length']).toBe(String(text.length));
  });

  test('follows the log while it grows', async () => {
    const lines = await linesOf('process_output.log?lines=5');
    expect(lines.at(-1)).toMatch(/^\[[\dT:-]+Z\]: ready$/);
    expect((await tail('shared/process_output.log?lines=1')).status).toBe(200);
  });

  test.each([
    'link-out',
    'link-up',
    'dir-out/passwd',
    'dangling',
    'pipe',
    'pipe?lines=1',
    'missing',
    'lines.txt/x',
    '',
    '.',
    '..',
    '../..',
    '../../process_output.log',
    '../../../../secret.txt',
    '%2e%2e/%2e%2e/%2e%2e/%2e%2e/secret.txt',
    '..%2f..%2f..%2f..%2fsecret.txt',
    'a/../../../../../../secret.txt',
    '/etc/passwd',
    '%2Fetc%2Fpasswd',
    'shared/../../../secret.txt',
    'shared/link-out',
    'x%00y',
    'a',
    '~/x',
    `${'a/'.repeat(1500)}x`,
  ])('refuses what is no file inside the work directory: %s', async (path) => {
    const answer = await tail(path);
    expect([400, 404, 414]).toContain(answer.status);
    expect(JSON.parse(answer.text)).toMatchObject({ detail: expect.any(String) });
  });

  test('is bounded in lines', async () => {
    for (const lines of ['0', '-1', '10001', 'x']) {
      const answer = await tail(`lines.txt?lines=${lines}`);
      expect([answer.status, JSON.parse(answer.text)]).toEqual([400, { lines: [expect.any(String)] }]);
    }
  });

  test('does not let named pipes hold up everything else', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => tail('pipe')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([400]));
    expect(await linesOf('lines.txt?lines=1')).toEqual(['three']);
  });
});

test('a command that puts a link in the place of its work directory shows nothing of where it leads', async () => {
  const swapped = await submitJob(
    platform,
    definition(`cd .. && mv work away && ln -s ${platform.dataDir} work && sleep 300`),
  );
  const run = `/api/v2/jobs/${swapped}/runs/1`;
  await until(async () => {
    for (const cluster of await readdir(join(platform.dataDir, 'clusters'))) {
      const work = join(platform.dataDir, 'clusters', cluster, 'runs/1/home/work');
      if ((await lstat(work).catch(() => null))?.isSymbolicLink()) {
        return true;
      }
    }
    return false;
  }, 'the link');
  expect((await platform.call('GET', `${run}/tail/secret.txt?lines=1`)).status).toBe(404);
  expect((await platform.call('GET', `${run}/tail/owner.key?lines=1`)).status).toBe(404);
  const { body } = await platform.call('GET', `${run}/directory-contents/`);
  expect(body).toEqual([]);
  await platform.call('POST', `/api/v2/jobs/${swapped}/stop/`);
  await reach(platform, swapped, 'Completed');
});

test('the directory lists files, none through links, each with the path that tails it', async () => {
  const { status, body } = await platform.call(
    'GET',
    `/api/v2/jobs/${id}/runs/1/directory-contents/?page_size=1`,
  );
  expect(status).toBe(200);
  expect(body.map((entry: { path: string }) => entry.path)).toEqual([
    '.rescalepid',
    'a/b/deep file.txt',
    'done',
    'empty.txt',
    'large.txt',
    'lines.txt',
    'long.txt',
    'many.txt',
    'open.txt',
    'process_output.log',
    'progress.txt',
    'shrinking.bin',
    'wide.txt',
    'zeros.bin',
  ]);
  for (const { resource } of body) {
    expect((await platform.call('HEAD', resource)).status).toBe(200);
  }
});

test('the directory tells size, date and kind, and on request of directories, links and the rest, too', async () => {
  const contents = `/api/v2/jobs/${id}/runs/1/directory-contents/`;
  const { body: files } = await platform.call('GET', contents);
  expect(files.find(({ path }: { path: string }) => path === 'lines.txt')).toEqual({
    path: 'lines.txt',
    resource: `/api/jobs/${id}/runs/1/tail/lines.txt`,
    type: 'file',
    sizeBytes: 14,
    dateModified: expect.stringMatching(/^20.*Z$/),
  });
  const { body } = await platform.call('GET', `${contents}?all=1`);
  const types = Object.fromEntries(
    body.map(({ path, type }: { path: string; type: string }) => [path, type]),
  );
  expect(types).toMatchObject({
    a: 'directory',
    'a/b': 'directory',
    'a/b/deep file.txt': 'file',
    'dir-out': 'link',
    dangling: 'link',
    pipe: 'other',
  });
  expect(body.filter(({ type }: { type: string }) => type === 'file')).toEqual(files);
});

test('the bytes of a file that is written are had by ranges, from where one has them; a validator gets all', async () => {
  const ask = async (headers: Record<string, string>) => {
    const response = await fetch(new URL(`/api/v2/jobs/${id}/runs/1/tail/lines.txt`, platform.url), {
      headers: { authorization: `Token ${platform.apiKey}`, ...headers },
    });
    return [response.status, response.headers.get('content-range'), await response.text()];
  };
  expect(await ask({ range: 'bytes=8-' })).toEqual([206, 'bytes 8-13/14', 'three\n']);
  expect(await ask({ range: 'bytes=8-', 'if-range': '"x"' })).toEqual([200, null, 'one\ntwo\nthree\n']);
  expect(await ask({ range: 'bytes=0-1,4-5' })).toEqual([200, null, 'one\ntwo\nthree\n']);
  const [status, range, text] = await ask({ range: 'bytes=14-' });
  expect([status, range, JSON.parse(text as string)]).toEqual([
    416,
    'bytes */14',
    expect.objectContaining({ code: 'range_not_satisfiable', hint: expect.any(String) }),
  ]);
});

test('a tree of directories without an end is walked only so far, and the answer says so', async () => {
  const wide = await submitJob(platform, definition('seq 20010 | xargs mkdir; touch done; sleep 300'));
  const run = `/api/v2/jobs/${wide}/runs/1`;
  await until(
    async () => (await platform.call('HEAD', `${run}/tail/done`)).status === 200,
    'the directories',
  );
  const { status, headers } = await platform.call('GET', `${run}/directory-contents/`);
  expect([status, headers.get('warning')]).toEqual([
    200,
    expect.stringContaining('10000 files, found among 20000 entries'),
  ]);
  await platform.call('POST', `/api/v2/jobs/${wide}/stop/`);
  await reach(platform, wide, 'Completed');
});

describe('a run', () => {
  test('is one of a job that was submitted, with dates that tell how far it is', async () => {
    await reach(platform, id, 'Executing');
    const { body } = await platform.call('GET', `/api/v2/jobs/${id}/runs/?page_size=1848`);
    expect(body).toMatchObject({ count: 1, next: null });
    expect(body.results[0]).toMatchObject({
      id: '1',
      type: 3,
      parent: null,
      dateStarted: expect.any(String),
      dateCompleted: null,
      outcome: null,
    });
    expect((await platform.call('GET', `/api/v2/jobs/${id}/runs/1/`)).body).toEqual(body.results[0]);
  });

  test.each(['0', '2', '01', '1.0', '1e0', '-1', 'x', '99999999999'])(
    'that is not there is a 404: %s',
    async (run) => {
      for (const rest of ['', 'files/', 'directory-contents/', 'tail/lines.txt']) {
        expect((await platform.call('GET', `/api/v2/jobs/${id}/runs/${run}/${rest}`)).status).toBe(404);
      }
    },
  );

  test('that has not begun has neither tail nor directory, and says where its files will be', async () => {
    const saved = await saveJob(platform);
    for (const rest of ['tail/process_output.log?lines=1', 'tail/x', 'directory-contents/']) {
      expect((await platform.call('GET', `/api/v2/jobs/${saved}/runs/1/${rest}`)).status).toBe(404);
    }
    // An agent has both runs, and a place for one.
    const variable = { name: 'v', displayOrder: 0, variableType: 'Design', valueGeneratorType: 'Linspace' };
    const jobvariables = [{ ...variable, valueGeneratorSettings: { minvalue: 1, maxvalue: 2, count: 2 } }];
    const waiting = await submitJob(platform, definition('echo ready; sleep 300', { jobvariables }));
    await untilPrinted(platform, waiting, 'ready');
    for (const rest of ['tail/process_output.log?lines=1', 'tail/x']) {
      const { status, body } = await platform.call('GET', `/api/v2/jobs/${waiting}/runs/2/${rest}`);
      expect([status, body.code, body.hint]).toEqual([404, 'not_found', expect.any(String)]);
    }
    await platform.call('POST', `/api/v2/jobs/${waiting}/stop/`);
    await reach(platform, waiting, 'Completed');
  });

  test('that is over has its outputs there, under the paths of its work directory', async () => {
    const variable = { name: 'v', displayOrder: 0, variableType: 'Design', valueGeneratorType: 'Linspace' };
    const sweep = {
      jobvariables: [{ ...variable, valueGeneratorSettings: { minvalue: 1, maxvalue: 2, count: 2 } }],
    };
    const command = "mkdir -p a; printf 'one\\ntwo\\n' > 'a/x y.txt'; : > empty";
    for (const change of [{}, sweep]) {
      const over = await runJob(platform, definition(command, change));
      const run = `/api/v2/jobs/${over.id}/runs/1`;
      const { status, body } = await platform.call('GET', `${run}/directory-contents/`);
      expect(status).toBe(200);
      expect(body.map(({ path }: { path: string }) => path)).toEqual([
        ...['a/x y.txt', 'empty', 'process_output.log'],
      ]);
      expect(body[0]).toEqual({
        path: 'a/x y.txt',
        resource: `/api/jobs/${over.id}/runs/1/tail/a/x%20y.txt`,
        type: 'file',
        sizeBytes: 8,
        dateModified: expect.stringMatching(/Z$/),
      });
      for (const { resource, sizeBytes } of body) {
        const { status: found, headers } = await platform.call('HEAD', resource);
        expect([found, headers.get('content-length')]).toEqual([200, String(sizeBytes)]);
      }
      const { resource } = body[0];
      expect((await platform.call('GET', `${resource}?lines=1`)).body.lines).toEqual(['two']);
      const nothing = await platform.call('GET', `${run}/tail/nothing`);
      expect([nothing.status, nothing.body.detail]).toEqual([
        404,
        expect.stringContaining(`jobs/${over.id}/files/`),
      ]);
      const ranged = async (headers: Record<string, string>) => {
        const response = await fetch(new URL(resource, platform.url), {
          headers: { authorization: `Token ${platform.apiKey}`, ...headers },
        });
        return [
          response.status,
          response.headers.get('content-range'),
          await response.text(),
          response.headers.get('etag'),
        ];
      };
      const [, , , etag] = await ranged({});
      expect(etag).toMatch(/^"[0-9a-f]{128}"$/);
      expect(await ranged({ range: 'bytes=4-' })).toEqual([206, 'bytes 4-7/8', 'two\n', etag]);
      expect(await ranged({ range: 'bytes=4-', 'if-range': String(etag) })).toEqual([
        206,
        'bytes 4-7/8',
        'two\n',
        etag,
      ]);
      expect(await ranged({ range: 'bytes=4-', 'if-range': '"another"' })).toEqual([
        200,
        null,
        'one\ntwo\n',
        etag,
      ]);
      // Of several ranges a server may send all (RFC 9110, 14.2).
      expect(await ranged({ range: 'bytes=0-1,4-5' })).toEqual([200, null, 'one\ntwo\n', etag]);
      const beyond = await ranged({ range: 'bytes=8-' });
      expect([beyond[0], beyond[1], JSON.parse(String(beyond[2])).code]).toEqual([
        416,
        'bytes */8',
        'range_not_satisfiable',
      ]);
    }
  });
});

test('a file and the links to it are outputs each by itself, with the same bytes', async () => {
  const links = 'for i in $(seq 60); do ln -s data link$i; ln -s empty none$i; done';
  const command = `echo bytes > data; : > empty; ${links}`;
  // Once more, since what the platform has already is taken over in another way.
  await runJob(platform, definition(command));
  const job = await runJob(platform, definition(command));
  expect(job).toMatchObject({ outcome: 'success', failure: null });
  const { body } = await platform.call('GET', `/api/v2/jobs/${job.id}/files/?page_size=200`);
  const sizes = new Map<string, number>(
    body.results.map((file: FileObject) => [file.relativePath, file.decryptedSize]),
  );
  expect(sizes.size).toBe(123);
  expect([sizes.get('data'), sizes.get('link60'), sizes.get('none1')]).toEqual([6, 6, 0]);
  for (const name of ['data', 'link60']) {
    const { id } = body.results.find((file: FileObject) => file.relativePath === name);
    expect(await bytesOf(id)).toBe('bytes\n');
  }
});

async function bytesOf(fileId: string): Promise<string> {
  const headers = { authorization: `Token ${platform.apiKey}` };
  return (await fetch(new URL(`/api/v2/files/${fileId}/contents/`, platform.url), { headers })).text();
}
