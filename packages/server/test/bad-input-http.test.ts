import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { often } from '../../contract/testing/often.ts';
import { LIMITS } from '../src/limits.ts';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import { definition, leaves, rawRequest, saveJob, sendRaw } from './platform-harness.ts';

const REQUEST_SECONDS = 1;

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform({ cores: 8, config: `request_seconds = ${REQUEST_SECONDS}\n` });
});
afterAll(async () => {
  const log = platform.log();
  await platform[Symbol.asyncDispose]();
  // Whatever was sent, nothing of it may have been a surprise to the server.
  expect(log).not.toContain('request failed');
});

describe('a body', () => {
  const post = (body: string | Buffer, headers: string[] = ['Content-Type: application/json']) =>
    sendRaw(platform, rawRequest(platform, 'POST', '/api/v2/jobs/', { body, headers }));
  const good = JSON.stringify(definition());
  const utf16 = Buffer.from(`\ufeff${good}`, 'utf16le');

  test.each<[string, string | Buffer, number, RegExp]>([
    ['that is not JSON', '{"name":', 400, /JSON parse error/],
    ['with something behind it', `${good}{}`, 400, /JSON parse error/],
    ['with a comma too many', '{"name":"x",}', 400, /JSON parse error/],
    ['with NaN', '{"name":NaN}', 400, /JSON parse error/],
    [
      'with a number beyond all',
      good.replace('"coresPerSlot":1', '"coresPerSlot":1e999'),
      400,
      /valid integer/,
    ],
    [
      'with -0 cores',
      good.replace('"coresPerSlot":1', '"coresPerSlot":-0'),
      400,
      /greater than or equal to 1/,
    ],
    [
      'with 2^53+1 cores',
      good.replace('"coresPerSlot":1', '"coresPerSlot":9007199254740993'),
      400,
      /valid integer/,
    ],
    ['100,000 levels deep', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 400, /deeper than 32 levels/],
    ['of objects 100,000 levels deep', '{"a":'.repeat(100_000), 400, /deeper than 32 levels/],
    ['in UTF-16', utf16, 400, /not UTF-8/],
    ['in UTF-16 without a mark', utf16.subarray(2), 400, /JSON parse error/],
    ['in Latin-1', Buffer.from('{"name":"\xfc"}', 'latin1'), 400, /not UTF-8/],
    ['with a lone surrogate', good.replace('a job', '\\ud800'), 201, /\\ud800|\ufffd/],
    ['with a byte order mark', `\ufeff${good}`, 201, /"name":"a job"/],
    [
      'with a key twice, of which the last counts',
      good.replace('"name":"a job"', '"name":"one","name":"two"'),
      201,
      /"name":"two"/,
    ],
    ['of nothing', '', 400, /This field is required/],
    ['of blanks', '  \n ', 400, /This field is required/],
    ['of null', 'null', 400, /required/],
  ])('%s', async (_what, body, status, words) => {
    const answer = await post(body);
    expect([answer.status, answer.text]).toEqual([status, expect.stringMatching(words)]);
  });

  test.each<[string, string[], number]>([
    ['without a media type', [], 201],
    ['under another media type', ['Content-Type: text/plain'], 201],
    ['under a media type that is none', ['Content-Type: ;;;///'], 415],
    ['under multipart', ['Content-Type: multipart/form-data; boundary=x'], 415],
    ['with an encoding that nobody asked for', ['Content-Type: application/json; charset=latin1'], 201],
  ])('is taken for what it is %s', async (_what, headers, status) => {
    expect((await post(good, headers)).status).toBe(status);
  });

  test('that is compressed is read like the same as it is', async () => {
    const coded = (coding: string, bytes: Buffer) =>
      post(bytes, ['Content-Type: application/json', `Content-Encoding: ${coding}`]);
    for (const coding of ['gzip', 'GZIP', 'x-gzip']) {
      const answer = await coded(coding, gzipSync(good));
      expect([answer.status, answer.text]).toEqual([201, expect.stringContaining('"name":"a job"')]);
    }
    expect((await coded('identity', Buffer.from(good))).status).toBe(201);
    for (const broken of [gzipSync(good).subarray(0, -9), Buffer.from(good)]) {
      const answer = await coded('gzip', broken);
      expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('not whole gzip')]);
    }
    // 64 MB in 64 kB.
    const bomb = await coded('gzip', gzipSync(Buffer.alloc(4 * LIMITS.bodyBytes, 0x20)));
    expect([bomb.status, bomb.text]).toEqual([413, expect.stringContaining('larger than')]);
    for (const coding of ['br', 'deflate', 'gzip, gzip', 'nonsense']) {
      const answer = await coded(coding, gzipSync(good));
      expect([answer.status, answer.text]).toEqual([415, expect.stringContaining('Content-Encoding')]);
      expect(answer.headers['accept-encoding']).toBe('gzip');
    }
  });

  test('that becomes a file is refused when it is said to be in a coding', async () => {
    const form = '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n--b--\r\n';
    const headers = ['Content-Type: multipart/form-data; boundary=b', 'Content-Encoding: gzip'];
    const request = (lines: string[], body: string | Buffer) =>
      sendRaw(platform, rawRequest(platform, 'POST', '/api/v2/files/contents/', { body, headers: lines }));
    const answer = await request(headers, gzipSync(form));
    expect([answer.status, answer.text]).toEqual([415, expect.stringContaining('Content-Encoding')]);
    expect((await request(headers.slice(0, 1), form)).status).toBe(201);
  });

  test('that is a form is read as one, whatever it is called', async () => {
    const id = await saveJob(platform);
    for (const [type, name] of [
      ['application/x-www-form-urlencoded', 'one'],
      ['application/json', 'two'],
    ]) {
      const request = rawRequest(platform, 'PATCH', `/api/v2/jobs/${id}`, {
        body: `name=${name}&isLowPriority=true`,
        headers: [`Content-Type: ${type}`],
      });
      const answer = await sendRaw(platform, request);
      expect(JSON.parse(answer.text)).toMatchObject({ name, isLowPriority: true });
    }
  });

  test('of 20 MB is refused in words, whether it says its size or not, and the connection bears the next request', async () => {
    const huge = Buffer.alloc(20_000_000, ' ');
    const sized = await post(huge);
    const chunked = Buffer.concat([
      Buffer.from(`${huge.length.toString(16)}\r\n`),
      huge,
      Buffer.from('\r\n0\r\n\r\n'),
    ]);
    const unsized = await post(chunked, ['Transfer-Encoding: chunked']);
    for (const { status, text } of [sized, unsized]) {
      expect(status).toBe(413);
      expect(JSON.parse(text)).toMatchObject({
        detail: expect.stringContaining(String(LIMITS.bodyBytes)),
        hint: expect.any(String),
      });
    }
    const both = Buffer.concat([
      rawRequest(platform, 'POST', '/api/v2/jobs/', { body: huge }),
      rawRequest(platform, 'GET', '/api/v2/users/me/', { headers: ['Connection: close'] }),
    ]);
    const answers = await readUntilClosed(both);
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200']);
  });

  test('just below the limit is read', async () => {
    const padded = Buffer.concat([Buffer.from(good), Buffer.alloc(LIMITS.bodyBytes - good.length, ' ')]);
    expect((await post(padded)).status).toBe(201);
  });

  test('that a client sends without a key is refused before it is read', async () => {
    const request = rawRequest(platform, 'POST', '/api/v2/jobs/', {
      body: Buffer.alloc(20_000_000),
      key: null,
    });
    expect((await sendRaw(platform, request)).status).toBe(401);
  });
});

/** Sends bytes and reads until the server closes; answers what it said and how long it took. */
function readUntilClosed(bytes: Buffer, timeoutMs = 15_000): Promise<string> {
  const { hostname, port } = new URL(platform.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let text = '';
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`The server kept the connection open for ${timeoutMs} ms: ${text}`));
    }, timeoutMs);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(text);
    });
    socket.write(bytes);
  });
}

describe('a client that does not keep its word', () => {
  const promise = (method: string, path: string, headers: string[], body = '') =>
    Buffer.concat([rawRequest(platform, method, path, { headers }), Buffer.from(body)]);

  test('about the length of a body is told so in time, and let go', async () => {
    const began = Date.now();
    const text = await readUntilClosed(promise('POST', '/api/v2/jobs/', ['Content-Length: 100'], '{"name"'));
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(text).toContain('did not arrive within 1 seconds');
    expect(Date.now() - began).toBeGreaterThan(REQUEST_SECONDS * 1000 - 100);
  });

  test('about its chunks is told so in time, and let go', async () => {
    const text = await readUntilClosed(
      promise('POST', '/api/v2/jobs/', ['Transfer-Encoding: chunked'], '5\r\n{"nam\r\n'),
    );
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('about a body that nobody needs gets its answer at once, and is let go', async () => {
    const id = await saveJob(platform);
    const text = await readUntilClosed(
      promise('POST', `/api/v2/jobs/${id}/stop/`, ['Content-Length: 100'], 'x'),
    );
    expect(text).toMatch(/^HTTP\/1\.1 202 /);
  });

  test('about its headers is let go', async () => {
    const text = await readUntilClosed(Buffer.from('GET /api/v2/users/me/ HTTP/1.1\r\nHost: x\r\nX-Slow: '));
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(text).toContain('"code":"request_timeout"');
  });

  test('and goes away in the middle of a body does no harm', async () => {
    const { hostname, port } = new URL(platform.url);
    for (let round = 0; round < 20; round++) {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => {});
      const { promise: closed, resolve } = Promise.withResolvers<void>();
      socket.on('close', () => resolve());
      socket.write(promise('POST', '/api/v2/jobs/', ['Content-Length: 1000'], '{"name":'), () =>
        socket.destroy(),
      );
      await closed;
    }
    expect((await platform.call('GET', '/api/v2/users/me/')).status).toBe(200);
  });
});

describe('what is not HTTP is answered in JSON and let go', () => {
  test.each<[string, string, number, RegExp]>([
    ['nonsense', 'hello\r\n\r\n', 400, /not valid HTTP/],
    ['a bad version', 'GET / HTTP/9.9\r\nHost: x\r\n\r\n', 400, /not valid HTTP/],
    [
      'two lengths',
      'POST /api/v2/jobs/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      400,
      /not valid HTTP/,
    ],
    [
      'a length and chunks',
      'POST /api/v2/jobs/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
      /not valid HTTP/,
    ],
    [
      'a negative length',
      'POST /api/v2/jobs/ HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
      400,
      /not valid HTTP/,
    ],
    ['NUL in a header', 'GET / HTTP/1.1\r\nHost: x\r\nX-A: a\0b\r\n\r\n', 400, /not valid HTTP/],
    ['a space before the colon', 'GET / HTTP/1.1\r\nHost : x\r\n\r\n', 400, /not valid HTTP/],
    ['NUL in the path', 'GET /api/v2/jobs/\0/ HTTP/1.1\r\nHost: x\r\n\r\n', 400, /must be escaped/],
    [
      'a header bomb',
      `GET / HTTP/1.1\r\nHost: x\r\n${'X-A: b\r\n'.repeat(100_000)}\r\n`,
      431,
      /larger than 32768 bytes/,
    ],
    [
      'one huge header',
      `GET / HTTP/1.1\r\nHost: x\r\nX-A: ${'b'.repeat(1_000_000)}\r\n\r\n`,
      431,
      /larger than 32768 bytes/,
    ],
    ['an endless URL', `GET /${'a'.repeat(1_000_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431, /a shorter URL/],
    [
      'a long URL',
      `GET /api/v2/jobs/?search=${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
      414,
      /longer than 16384 bytes/,
    ],
  ])('%s', async (_what, request, status, words) => {
    const answer = await sendRaw(platform, request);
    expect([answer.status, answer.text]).toEqual([status, expect.stringMatching(words)]);
    expect(JSON.parse(answer.text)).toMatchObject({ detail: expect.any(String), code: expect.any(String) });
  });

  test.each(['zz\r\n', '5\r\nhelloXX', 'ffffffffffffffffff\r\n', '-5\r\nhello\r\n'])(
    'chunks such as %j',
    async (chunk) => {
      const request = rawRequest(platform, 'POST', '/api/v2/jobs/', {
        headers: ['Transfer-Encoding: chunked'],
      });
      const answer = await sendRaw(platform, Buffer.concat([request, Buffer.from(chunk)]));
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.text)).toMatchObject({ detail: expect.any(String) });
    },
  );
});

describe('paths and queries', () => {
  test.each(
    [
      '/api/v2/jobs/%00/',
      '/api/v2/jobs/%ZZ/',
      '/api/v2/jobs/%C3%28/',
      '/api/v2/jobs/%0d%0aSet-Cookie:x/',
      '/api/v2/jobs/../../etc/passwd',
      '/api/v2/jobs/%2e%2e%2f%2e%2e%2fetc%2fpasswd/',
      `/api/v2/jobs/${'a'.repeat(5000)}/`,
      '/api/v2/analyses/%F0%9F%98%80/',
      '/api/v2/analyses/__proto__/',
      '/api/v2/files/%00/contents/',
      '/api/v2/jobs/AbCdEf/runs/1e3/',
      '/api/v2/jobs/AbCdEf/runs/-1/tail/x',
      '/%',
      '/api/v2/jobs/%',
      '//evil.example/api/v2/jobs/',
      'http://evil.example/api/v3/nothing/',
      '/api/v2/users/me/api-keys/%00/',
    ].map((path) => [path.slice(0, 60), path] as const),
  )('%s leads nowhere, in JSON', async (_name, path) => {
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      const answer = await sendRaw(platform, rawRequest(platform, method, path));
      expect([400, 404, 405, 414]).toContain(answer.status);
      expect(JSON.parse(answer.text)).toMatchObject({ detail: expect.any(String) });
    }
  });

  test.each<[string, number]>([
    ['search=%00', 400],
    ['search=%ZZ', 200],
    ['search=%25_%5C', 200],
    [`search=${'a'.repeat(300)}`, 400],
    ['ordering=colour', 400],
    ['ordering=-dateInserted', 200],
    ['job_status=DONE', 400],
    ['state=open', 400],
    ['page=0', 400],
    ['page=-1', 400],
    ['page=abc', 400],
    ['page=2&after=damaged', 404],
    ['page=2&after=2026-01-01~AbCdEf~x', 404],
    ['constructor=y', 400],
    ['page[x]=2', 400],
    [`${'a=1&'.repeat(3000)}`, 400],
  ])('jobs/?%s', async (query, status) => {
    const answer = await sendRaw(platform, rawRequest(platform, 'GET', `/api/v2/jobs/?${query}`));
    expect(answer.status).toBe(status);
    if (status === 400) {
      expect(leaves(JSON.parse(answer.text))).toEqual([[query.split('=')[0], expect.any(String)]]);
    }
  });

  test.each(['__proto__=x&constructor=y', 'page[]=1&page[x]=2', `${'a=1&'.repeat(3000)}`])(
    'coretypes/?%s',
    async (query) => {
      const answer = await sendRaw(platform, rawRequest(platform, 'GET', `/api/v2/coretypes/?${query}`));
      expect(answer.status).toBe(200);
    },
  );

  test('a parameter that there is not is refused, whatever it is called', async () => {
    const raw = rawRequest(platform, 'GET', '/api/v2/jobs/?__proto__=x&toString=y');
    const { status, text } = await sendRaw(platform, raw);
    expect(status).toBe(400);
    expect(text).toContain('"toString":["There is no such parameter.');
  });

  test('anything at all is answered, and never with a fault of the server', async () => {
    const segment = fc.oneof(
      fc.constantFrom(
        'jobs',
        'files',
        'users',
        'me',
        'runs',
        '1',
        'tail',
        'contents',
        'lines',
        'submit',
        '..',
        'api-keys',
        'AbCdEf',
      ),
      fc.string({ unit: 'binary', maxLength: 12 }).map((text) => encodeURIComponent(text.toWellFormed())),
      fc.stringMatching(/^[%a-fA-F0-9+;:@!$&'()*,=~.-]{0,10}$/),
    );
    const path = fc
      .tuple(fc.array(segment, { maxLength: 6 }), fc.array(fc.tuple(segment, segment), { maxLength: 3 }))
      .map(([parts, query]) => `/api/v2/${parts.join('/')}?${query.map((pair) => pair.join('=')).join('&')}`);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST', 'PATCH', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'),
        path,
        async (method, target) => {
          // Nothing here may really do something to somebody: the key is good, the ids are not.
          if (method === 'PATCH' && target.includes('users')) {
            return;
          }
          const request = rawRequest(platform, method, target, { headers: ['Connection: close'] });
          const text = await readUntilClosed(request);
          expect(text).toMatch(/^HTTP\/1\.1 [234]\d\d /);
        },
      ),
      { numRuns: often(100) },
    );
  });
});

test('the server is well after all this', async () => {
  expect((await platform.call('GET', '/api/v2/users/me/')).status).toBe(200);
});
