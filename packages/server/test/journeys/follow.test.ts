import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../../testing/start-platform.ts';
import { bytesOf, type FollowEvent, followFile } from '../follow-harness.ts';
import { definition, reach, readOutput, runJob, saveJob, submitJob, until } from '../platform-harness.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ cores: 8 });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const tailOf = (jobId: string, path: string, run = 1) => `/api/v2/jobs/${jobId}/runs/${run}/tail/${path}`;
const text = (events: Parameters<typeof bytesOf>[0]) => bytesOf(events).toString();

/** Commands that go on when a file of this name is put into their work directory. */
const awaiting = (name: string) => `until [ -e ${name} ]; do sleep 0.02; done`;

/** Lets such a command go on; a test is outside of the sandbox, and finds the work directory by what a tail says. */
async function tell(jobId: string, name: string, content = ''): Promise<void> {
  await writeFile(join(await workOf(jobId), name), content);
}

async function workOf(jobId: string): Promise<string> {
  const { body } = await until(async () => {
    const answer = await platform.call('GET', `${tailOf(jobId, 'begun')}?lines=1`);
    return answer.status === 200 && answer;
  }, 'the work directory');
  return dirname((body.fileType as string).split(': ')[0]!);
}

describe('a file that is followed', () => {
  test('comes as it is written, each byte once, and then how the run has ended', async () => {
    const id = await submitJob(
      platform,
      definition(`touch begun; printf 'one\\ntw' > log.txt; ${awaiting('go')}; printf 'o\\n' >> log.txt
        ${awaiting('on')}; printf 'last' >> log.txt; exit 3`),
    );
    await workOf(id);
    using stream = await followFile(platform, id, 'log.txt');
    expect([stream.status, stream.headers.get('content-type')]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
    ]);
    const first = await stream.until(({ type }) => type === 'data');
    expect(first.at(-1)!.data).toEqual({ start: 0, text: 'one\ntw' });
    await tell(id, 'go');
    expect(await stream.next()).toMatchObject({ type: 'data', data: { start: 6, text: 'o\n' } });
    await tell(id, 'on');
    const rest = await stream.rest();
    expect(rest.map(({ type, data }) => [type, data.text ?? data.outcome])).toEqual([
      ['data', 'last'],
      ['end', 'failed'],
    ]);
    expect(rest.at(-1)!.data).toMatchObject({
      exitCode: 3,
      sizeBytes: 12,
      failure: { code: 'command_failed' },
    });
    // Afterwards it comes from the outputs, whole or from where a client was.
    using again = await followFile(platform, id, 'log.txt');
    expect(text(await again.rest())).toBe('one\ntwo\nlast');
    using resumed = await followFile(platform, id, 'log.txt', { last: first.at(-1)!.id });
    expect((await resumed.rest()).map(({ data }) => data.text)).toEqual(['o\nlast', undefined]);
  });

  test('is searched, and its lines are counted, while it is written and after that', async () => {
    const id = await submitJob(
      platform,
      definition(
        `touch begun; printf 'Time = 1\\nsolving\\nTime = 2\\n' > log.txt; ${awaiting('go')}; echo 'Time = 3' >> log.txt`,
      ),
    );
    await workOf(id);
    const ask = async (what: string) => {
      const { status, body } = await platform.call('GET', `/api/v2/jobs/${id}/runs/1/${what}`);
      expect(status).toBe(200);
      return body;
    };
    const linesFound = async () => {
      const { matches } = await ask(`find/log.txt?regex=1&q=${encodeURIComponent('^Time = \\d$')}`);
      return (matches as { line: number; text: string }[]).map(({ line, text }) => [line, text]);
    };
    const [first, third] = [
      [1, 'Time = 1'],
      [3, 'Time = 2'],
    ];
    expect(await linesFound()).toEqual([first, third]);
    expect(await ask('line-index/log.txt?every=2')).toEqual({
      ...{ offsets: [0, 17], every: 2, lineCount: 3, indexedBytes: 26, sizeBytes: 26 },
    });
    await tell(id, 'go');
    await reach(platform, id, 'Completed');
    expect(await linesFound()).toEqual([first, third, [4, 'Time = 3']]);
    expect(await ask('line-index/log.txt?every=2')).toMatchObject({ lineCount: 4, sizeBytes: 35 });
    const { body } = await platform.call('GET', `/api/v2/jobs/${id}/runs/1/files/?page_size=100`);
    const file = (body.results as { id: string; relativePath: string }[]).find(
      ({ relativePath }) => relativePath === 'log.txt',
    )!;
    const index = await platform.call('GET', `/api/v2/files/${file.id}/line-index/?every=3`);
    expect(index.body).toMatchObject({ offsets: [0, 26], every: 3, lineCount: 4 });
    const missing = await platform.call('GET', `/api/v2/jobs/${id}/runs/1/find/nothing?q=x`);
    expect(missing).toMatchObject({ status: 404 });
  });

  test('is waited for when it is not there yet, as is a run that has not begun', async () => {
    const id = await saveJob(platform, definition(`touch begun; ${awaiting('go')}; echo here > late.txt`));
    // A job that was not submitted has no runs to follow.
    using nothing = await followFile(platform, id, 'late.txt');
    expect(nothing.status).toBe(404);
    await platform.call('POST', `/api/v2/jobs/${id}/submit/`);
    using stream = await followFile(platform, id, 'late.txt');
    expect(await stream.next()).toMatchObject({ type: 'waiting', data: { code: 'not_found' } });
    await tell(id, 'go');
    const rest = await stream.rest();
    expect([text(rest), rest.at(-1)!.data.outcome]).toEqual(['here\n', 'success']);
  });

  test('that never comes ends with the run, and then is not there', async () => {
    const id = await submitJob(platform, definition(`touch begun; ${awaiting('go')}`));
    await workOf(id);
    using stream = await followFile(platform, id, 'never.txt');
    expect((await stream.next())!.type).toBe('waiting');
    await tell(id, 'go');
    expect((await stream.rest()).at(-1)).toMatchObject({ type: 'end', data: { sizeBytes: null } });
    using later = await followFile(platform, id, 'never.txt');
    expect(later.status).toBe(404);
  });

  test('begins anew when it was truncated, or replaced by another one, also when that is as long', async () => {
    const id = await submitJob(
      platform,
      definition(`echo first > state; touch begun; ${awaiting('a')}; echo 2 > state; ${awaiting('b')}
        echo third > new; mv new state; ${awaiting('c')}; echo forth > state; ${awaiting('d')}`),
    );
    await workOf(id);
    using stream = await followFile(platform, id, 'state');
    const seen = [await stream.next()];
    for (const name of ['a', 'b', 'c']) {
      await tell(id, name);
      seen.push(...(await stream.until(({ type }) => type === 'data')));
    }
    await tell(id, 'd');
    seen.push(...(await stream.rest()));
    expect(seen.map((event) => [event!.type, event!.data.text ?? event!.data.reason])).toEqual([
      ['data', 'first\n'],
      ['restart', 'truncated'],
      ['data', '2\n'],
      ['restart', 'replaced'],
      ['data', 'third\n'],
      ['restart', 'truncated'],
      ['data', 'forth\n'],
      ['end', undefined],
    ]);
  });

  test('is told anew to a client that comes again when it has another content meanwhile', async () => {
    const id = await submitJob(
      platform,
      definition(
        `touch begun; echo before > x; ${awaiting('go')}; echo behind > x; touch gone; ${awaiting('end')}`,
      ),
    );
    await workOf(id);
    let last: string | undefined;
    {
      using stream = await followFile(platform, id, 'x');
      last = (await stream.next())!.id;
    }
    await tell(id, 'go');
    await until(async () => (await platform.call('HEAD', tailOf(id, 'gone'))).status === 200, 'the change');
    using again = await followFile(platform, id, 'x', { last });
    const events = await again.until(({ type }) => type === 'data');
    expect(events.map(({ type, data }) => [type, data.text ?? data.reason])).toEqual([
      ['restart', 'replaced'],
      ['data', 'behind\n'],
    ]);
    using beyond = await followFile(platform, id, 'x', { query: '&offset=100' });
    expect((await beyond.until(({ type }) => type === 'data')).map(({ data }) => data.reason)).toEqual([
      'truncated',
      undefined,
    ]);
    await tell(id, 'end');
    await reach(platform, id, 'Completed');
  });

  test('comes from an offset, or from so many lines before its end', async () => {
    const { id } = await runJob(platform, definition('seq 1 1000 > many.txt'));
    using lines = await followFile(platform, id, 'many.txt', { query: '&lines=2' });
    expect((await lines.next())!.data.text).toBe('999\n1000\n');
    using offset = await followFile(platform, id, 'many.txt', { query: '&offset=3888' });
    expect((await offset.next())!.data).toEqual({ start: 3888, text: '1000\n' });
  });

  test('comes as it is when it is no text, and characters are not torn apart', async () => {
    const bytes = 'head -c 100000 /dev/urandom > noise.bin';
    const { id } = await runJob(platform, definition(`${bytes}; yes '模型é😀' | head -c 200000 > wide.txt`));
    const whole = async (path: string) => {
      const response = await fetch(new URL(tailOf(id, path), platform.url), {
        headers: { authorization: `Token ${platform.apiKey}` },
      });
      return Buffer.from(await response.arrayBuffer());
    };
    using noise = await followFile(platform, id, 'noise.bin');
    expect(bytesOf(await noise.rest()).equals(await whole('noise.bin'))).toBe(true);
    using wide = await followFile(platform, id, 'wide.txt');
    const events = await wide.rest();
    expect(bytesOf(events).equals(await whole('wide.txt'))).toBe(true);
    // The very end may be in the middle of one.
    const pieces = events.filter(({ type }) => type === 'data');
    expect(pieces.slice(0, -1).every(({ data }) => typeof data.text === 'string')).toBe(true);
  });
});

/** Follows a file to the end of its run over as many connections as it takes; `onPiece` may cut one. */
async function followThrough(
  jobId: string,
  path: string,
  onPiece: (bytes: number) => 'cut' | 'go' = () => 'go',
): Promise<{ bytes: Buffer; connections: number }> {
  const all: FollowEvent[] = [];
  let last: string | undefined;
  let connections = 0;
  for (;;) {
    connections += 1;
    const stream = await followFile(platform, jobId, path, { last }).catch(() => null);
    if (stream === null || stream.status !== 200) {
      await sleep(25);
      continue;
    }
    using _ = stream;
    for (let event = await stream.next(); event !== undefined; event = await stream.next()) {
      all.push(event);
      last = event.id ?? last;
      if (event.type === 'end') {
        expect(all.filter(({ type }) => type === 'restart')).toEqual([]);
        return { bytes: bytesOf(all), connections };
      }
      if (event.type === 'data' && onPiece(event.data.start) === 'cut') {
        break;
      }
    }
  }
}

const digest = (bytes: Buffer) => createHash('sha512').update(bytes).digest('hex');

/** What the platform says of an output. */
async function digestOf(jobId: string, name: string): Promise<string> {
  const { body } = await platform.call('GET', `/api/v2/jobs/${jobId}/files/?search=${name}&page_size=10`);
  return body.results[0].fileChecksums[0].fileHash;
}

describe('when a run ends', () => {
  // Many outputs make the taking over of them last.
  const WRITING = `touch begun; mkdir -p many; for i in $(seq 500); do echo $i > many/$i; done
    for i in $(seq 400); do echo "line $i of the log, with some words"; seq $i $((i + 50)) >> growing.txt; done`;

  test('its followers get every byte once, also over connections that break', async () => {
    const id = await submitJob(platform, definition(WRITING));
    await workOf(id);
    let pieces = 0;
    const [log, growing] = await Promise.all([
      followThrough(id, 'process_output.log'),
      followThrough(id, 'growing.txt', () => (++pieces % 3 === 0 ? 'cut' : 'go')),
    ]);
    expect(digest(log.bytes)).toBe(await digestOf(id, 'process_output.log'));
    expect(digest(growing.bytes)).toBe(await digestOf(id, 'growing.txt'));
    expect(growing.connections).toBeGreaterThan(1);
  });

  test('no file of it is missing for a moment, neither for a reader nor in the list', async () => {
    const id = await submitJob(platform, definition(WRITING));
    await workOf(id);
    const paths = ['process_output.log', 'many/1', 'growing.txt'];
    const seen = new Set<string>();
    const wrong: unknown[] = [];
    let hasEnded = false;
    const look = async (path: string) => {
      const { status } = await platform.call('HEAD', tailOf(id, path));
      if (status === 200) {
        seen.add(path);
      } else if (status !== 404 || seen.has(path)) {
        wrong.push([path, status]);
      }
    };
    const list = async () => {
      const had = [...seen];
      const { status, body } = await platform.call('GET', `/api/v2/jobs/${id}/runs/1/directory-contents/`);
      const listed = new Set((body as Array<{ path: string }>).map(({ path }) => path));
      const gone = had.filter((path) => !listed.has(path));
      if (status !== 200 || gone.length > 0) {
        wrong.push(['list', status, gone]);
      }
    };
    const looking = [...paths.map((path) => () => look(path)), list].map(async (once) => {
      while (!hasEnded) {
        await once();
      }
      await once();
    });
    await reach(platform, id, 'Completed');
    hasEnded = true;
    await Promise.all(looking);
    expect(wrong).toEqual([]);
    expect([...seen].sort()).toEqual([...paths].sort());
  });

  test('a follower who comes again after the server was killed has lost nothing, whenever that was', async () => {
    const id = await submitJob(platform, definition(`${WRITING}; ${awaiting('go')}; ${WRITING}`));
    await workOf(id);
    const following = [followThrough(id, 'growing.txt'), followThrough(id, 'process_output.log')];
    await tell(id, 'go');
    for (const upMs of [0, 100, 300, 600, 1000]) {
      await platform.kill();
      await platform.restart();
      await sleep(upMs);
    }
    const [growing, log] = await Promise.all(following);
    expect(digest(growing!.bytes)).toBe(await digestOf(id, 'growing.txt'));
    expect(digest(log!.bytes)).toBe(await digestOf(id, 'process_output.log'));
    expect(growing!.connections).toBeGreaterThan(1);
  }, 120_000);

  test('another attempt of it is told as another file', async () => {
    const id = await submitJob(
      platform,
      definition(`date +%N > x; touch begun; ${awaiting('go')}; exit 1`, { retryPolicy: { maxRetries: 1 } }),
    );
    await workOf(id);
    using stream = await followFile(platform, id, 'x');
    const first = await stream.next();
    await tell(id, 'go');
    const second = await stream.until(({ type }) => type === 'data');
    expect(second.map(({ type, data }) => [type, data.reason])).toEqual([
      ['restart', 'replaced'],
      ['data', undefined],
    ]);
    expect(second.at(-1)!.data.text).not.toBe(first!.data.text);
    await tell(id, 'go');
    expect((await stream.rest()).map(({ type }) => type)).toEqual(['end']);
    expect(await readOutput(platform, id, 'x')).toBe(second.at(-1)!.data.text);
  });
});
