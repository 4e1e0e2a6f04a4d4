/** The edge of HTTP, in bytes on a socket: what no client that means well sends, and what every answer has. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LIMITS } from '../src/limits.ts';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import { type RawAnswer, rawRequest, saveJob, sendRaw, submitJob, uploadFile } from './platform-harness.ts';

let platform: Platform;
let host: string;
beforeAll(async () => {
  platform = await startPlatform({ cores: 4 });
  host = new URL(platform.url).host;
});
afterAll(async () => {
  const log = platform.log();
  await platform[Symbol.asyncDispose]();
  expect(log).not.toContain('request failed');
});

const ME = '/api/v2/users/me/';

/** A request whose first line and headers are the test's own; its key is good. */
function send(first: string, headers: string[], body = ''): Promise<RawAnswer> {
  const lines = [first, `Authorization: Token ${platform.apiKey}`, ...headers];
  return sendRaw(platform, Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1'));
}

function expectRefusal({ status, headers, text }: RawAnswer, expected: number, code: string): void {
  expect([status, text]).toEqual([expected, expect.stringContaining(`"code":"${code}"`)]);
  expect(JSON.parse(text)).toMatchObject({ detail: expect.any(String), hint: expect.any(String) });
  expect(headers).toMatchObject({
    'content-type': 'application/json; charset=utf-8',
    'x-content-type-options': 'nosniff',
  });
}

describe('the host of a request', () => {
  test.each<[string, string[]]>([
    ['two of them', ['Host: HOST', 'Host: evil.example']],
    ['the same one twice', ['Host: HOST', 'hOST: HOST']],
    ['none', []],
    ['an empty one', ['Host:']],
    ['one with a user', ['Host: someone@HOST']],
    ['one with a path', ['Host: HOST/api']],
    ['one with a blank', ['Host: a b']],
    ['a list', ['Host: HOST, evil.example']],
    ['a port beyond all', ['Host: quarry:65536']],
    ['an address with five numbers', ['Host: 1.2.3.4.5']],
    ['an address that is none', ['Host: [:::]']],
  ])('is refused when there is %s', async (_what, headers) => {
    for (const path of [ME, '/', '/nothing', '/api/v2/jobs/']) {
      const named = headers.map((line) => line.replace('HOST', host));
      expectRefusal(await send(`GET ${path} HTTP/1.1`, named), 400, 'bad_host');
    }
  });

  test('need not be told by HTTP/1.0', async () => {
    expect((await send(`GET ${ME} HTTP/1.0`, [])).status).toBe(200);
  });

  test.each(['http://HOST', 'HTTP://HOST', 'https://HOST'])(
    'may stand in the request line as well: %s',
    async (base) => {
      const target = `${base.replace('HOST', host)}/api/v2/jobs/?page_size=1`;
      await saveJob(platform);
      await saveJob(platform);
      const { status, text } = await send(`GET ${target} HTTP/1.1`, [`Host: ${host}`]);
      expect(status).toBe(200);
      expect(JSON.parse(text).next).toMatch(new RegExp(`^http://${host}/api/v2/jobs/\\?page_size=1&page=2`));
    },
  );

  test.each(['http://evil.example', 'http://evil@HOST', 'http://HOST:1', 'http://'])(
    'is refused when the request line says %s and the header another',
    async (base) => {
      const target = `${base.replace('HOST', '127.0.0.1')}${ME}`;
      expectRefusal(await send(`GET ${target} HTTP/1.1`, [`Host: ${host}`]), 400, 'bad_host');
    },
  );

  test('is the same with the port that goes without saying', async () => {
    expect((await send(`GET http://quarry.example:80${ME} HTTP/1.1`, ['Host: quarry.example'])).status).toBe(
      200,
    );
  });
});

describe('a path', () => {
  const get = (target: string) => send(`GET ${target} HTTP/1.1`, [`Host: ${host}`]);

  test.each([`/${ME}`, '//api//v2/users//me/', `http://HOST/${ME}`])(
    'means in %s what it means with one slash',
    async (target) => {
      expect((await get(target.replace('HOST', host))).status).toBe(200);
    },
  );

  test('links to the next page from where it was asked for with two slashes', async () => {
    for (let jobs = 0; jobs < 2; jobs++) {
      await saveJob(platform);
    }
    const { next } = JSON.parse((await get('//api/v2/jobs/?page_size=1')).text);
    expect(new URL(next)).toMatchObject({ host, pathname: '/api/v2/jobs/' });
  });

  test.each(['/api/v2/jobs/?search=Flügel', '/api/v2/jobs/AbCdEf/tags/für/'])(
    'such as %s says which characters it must have as escapes',
    async (target) => {
      const answer = await get(Buffer.from(target).toString('latin1'));
      expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('%C3%BC')]);
    },
  );

  test.each(['/api/v2/nothing/', '/api/v9/jobs/', '/api/v2/jobs/AbCdEf/nothing/', '/api/nothing'])(
    'that there is not, such as %s, is told as that, with and without a key',
    async (target) => {
      expectRefusal(await get(target), 404, 'unknown_path');
      const bare = rawRequest(platform, 'POST', target, { key: null });
      expectRefusal(await sendRaw(platform, bare), 404, 'unknown_path');
    },
  );
});

describe('a request line', () => {
  test.each(['*', 'api/v2/users/me/', 'ftp://HOST/', 'evil.example:443'])(
    'with the target %s is refused',
    async (target) => {
      const answer = await send(`GET ${target.replace('HOST', host)} HTTP/1.1`, [`Host: ${host}`]);
      expect([answer.status, JSON.parse(answer.text).hint]).toEqual([400, expect.any(String)]);
    },
  );

  test('may ask for the options of the whole server', async () => {
    expect((await send('OPTIONS * HTTP/1.1', [`Host: ${host}`])).status).toBe(204);
  });

  test.each(['TRACE', 'CONNECT', 'PROPFIND', 'QUERY', 'PURGE', 'LOCK'])(
    'with the method %s is refused, wherever it points',
    async (method) => {
      for (const target of [ME, '/', '/nothing']) {
        expectRefusal(
          await send(`${method} ${method === 'CONNECT' ? 'evil.example:443' : target} HTTP/1.1`, [
            `Host: ${host}`,
            'Content-Type: text/plain',
          ]),
          405,
          'method_not_allowed',
        );
      }
    },
  );

  test.each([
    ['GET /', '0.9'],
    ['GET / HTTP/2.0', '2.0'],
  ])('%s is told that only HTTP/1 is spoken here', async (line, version) => {
    const answer = await sendRaw(platform, `${line}\r\n\r\n`);
    expectRefusal(answer, 505, 'version_not_supported');
    expect(answer.text).toContain(`HTTP/${version}`);
  });
});

describe('what two programs would read in two ways is refused', () => {
  test('two keys', async () => {
    const answer = await send(`GET ${ME} HTTP/1.1`, [`Host: ${host}`, 'Authorization: Token another']);
    expectRefusal(answer, 400, 'two_credentials');
  });

  test.each(['gzip, chunked', 'identity', 'chunked, chunked', 'chunked;q=1'])(
    'a body in the transfer coding %j',
    async (coding) => {
      const answer = await send(
        'POST /api/v2/jobs/ HTTP/1.1',
        [`Host: ${host}`, `Transfer-Encoding: ${coding}`],
        '2\r\n{}\r\n0\r\n\r\n',
      );
      expect([400, 501]).toContain(answer.status);
      expect(JSON.parse(answer.text)).toMatchObject({ detail: expect.any(String), hint: expect.any(String) });
    },
  );

  test('a body in chunks of HTTP/1.0', async () => {
    const answer = await send(
      'POST /api/v2/jobs/ HTTP/1.0',
      ['Transfer-Encoding: chunked'],
      '2\r\n{}\r\n0\r\n\r\n',
    );
    expectRefusal(answer, 400, 'bad_request');
  });
});

test('an expectation that cannot be met is refused in words, and its body is not taken for the next request', async () => {
  const body = `GET ${ME} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  const answer = await send(
    'POST /api/v2/jobs/ HTTP/1.1',
    [`Host: ${host}`, 'Expect: a-miracle', `Content-Length: ${body.length}`],
    body,
  );
  expectRefusal(answer, 417, 'expectation_failed');
});

test('what is not HTTP, sent while an answer is on its way, does not get into that answer', async () => {
  const file = await uploadFile(platform, 'large.bin', Buffer.alloc(50_000_000, 'x'));
  const { hostname, port } = new URL(platform.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  let received = '';
  const first = Promise.withResolvers<void>();
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1');
    first.resolve();
  });
  socket.write(rawRequest(platform, 'GET', `/api/v2/files/${file.id}/contents/`));
  await first.promise;
  socket.write('nonsense\r\n\r\n');
  await new Promise((resolve) => socket.once('close', resolve));
  expect(received.slice(received.indexOf('\r\n\r\n') + 4).replaceAll('x', '')).toBe('');
  expect(received.length).toBeLessThan(50_000_000);
});

describe('no browser guesses what an answer is', () => {
  const asked = async (method: string, path: string, headers: string[] = []) =>
    (
      await sendRaw(
        platform,
        rawRequest(platform, method, path, { headers: [...headers, 'Connection: close'] }),
      )
    ).headers['x-content-type-options'];

  test.each<[string, string, string, string[]]>([
    ['a list', 'GET', '/api/v2/jobs/', []],
    ['nothing new', 'GET', '/api/v2/coretypes/', ['If-None-Match: *']],
    ['a page of the portal', 'GET', '/', []],
    ['the API reference', 'GET', '/api/reference/', []],
    ['the description of the API', 'GET', '/api/openapi.json', []],
    ['options', 'OPTIONS', '/api/v2/jobs/', []],
    ['the protocol of uploads', 'OPTIONS', '/api/v2/files/uploads/', []],
    ['a wrong path', 'GET', '/nothing', []],
    ['a path that cannot be decoded', 'GET', '/api/v2/jobs/%ZZ/', []],
    ['a wrong method', 'PUT', '/api/v2/jobs/', []],
    ['an empty body', 'POST', '/api/v2/jobs/', ['Content-Length: 0']],
    ['what is not HTTP', 'GET', '/ nonsense', []],
  ])('%s', async (_what, method, path, headers) => {
    expect(await asked(method, path, headers)).toBe('nosniff');
  });

  test('a file, a part of it, its lines, its head and that it is unchanged', async () => {
    const { id, fileChecksums } = await uploadFile(platform, 'page.html', '<script>alert(1)</script>\n');
    const contents = `/api/v2/files/${id}/contents/`;
    expect(await asked('GET', contents)).toBe('nosniff');
    expect(await asked('HEAD', contents)).toBe('nosniff');
    expect(await asked('GET', contents, ['Range: bytes=0-3'])).toBe('nosniff');
    expect(await asked('GET', contents, ['Range: bytes=900-'])).toBe('nosniff');
    expect(await asked('GET', contents, [`If-None-Match: "${fileChecksums[0].fileHash}"`])).toBe('nosniff');
    expect(await asked('GET', `/api/v2/files/${id}/lines/`)).toBe('nosniff');
  });

  test('events of a job, and what a command writes', async () => {
    const id = await submitJob(platform, {
      name: 'writes',
      jobanalyses: [
        {
          analysis: { code: 'user_included', version: '0' },
          command: 'echo text > out.html; sleep 60',
          hardware: { coreType: 'quartz', coresPerSlot: 1 },
        },
      ],
    });
    expect(await asked('HEAD', `/api/v2/jobs/${id}/events/`)).toBe('nosniff');
    const response = await fetch(new URL(`/api/v2/jobs/${id}/events/`, platform.url), {
      headers: { authorization: `Token ${platform.apiKey}` },
    });
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    await response.body!.cancel();
    await expect
      .poll(() => asked('GET', `/api/v2/jobs/${id}/runs/1/tail/out.html`).catch(() => undefined))
      .toBe('nosniff');
    await platform.call('POST', `/api/v2/jobs/${id}/stop/`);
  });
});

describe('wrong keys', () => {
  /** From another address of this machine each time, as far as a test wants one. */
  const tryFrom = (address: string, key: string, headers: string[] = [], on = platform) =>
    new Promise<RawAnswer>((resolve, reject) => {
      const { hostname, port } = new URL(on.url);
      const socket = connect({ host: hostname, port: Number(port), localAddress: address });
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk;
      });
      socket.on('error', reject);
      socket.on('close', () => {
        const [head = '', body = ''] = text.split('\r\n\r\n');
        const lines = head.split('\r\n').slice(1);
        resolve({
          status: Number(head.split(' ')[1]),
          headers: Object.fromEntries(
            lines.map((line) => [line.split(': ')[0]!.toLowerCase(), line.split(': ')[1]!]),
          ),
          text: body,
        });
      });
      socket.write(
        rawRequest(on, 'GET', ME, {
          key: null,
          headers: [`Authorization: Token ${key}`, ...headers, 'Connection: close'],
        }),
      );
    });

  test('are refused with 429 beyond a number, from that address alone, and never a right one', async () => {
    const address = '127.10.0.1';
    for (let tried = 0; tried < LIMITS.wrongKeys; tried++) {
      expect((await tryFrom(address, `wrong-${tried}`)).status).toBe(401);
    }
    for (let tried = 0; tried < 5; tried++) {
      const answer = await tryFrom(address, `further-${tried}`);
      expect(answer.status).toBe(429);
      expect(JSON.parse(answer.text)).toMatchObject({
        code: 'too_many_wrong_keys',
        detail: expect.stringMatching(/^Invalid token\..*20 wrong keys/),
        hint: expect.stringContaining('Retry-After'),
      });
      const seconds = Number(answer.headers['retry-after']);
      expect(seconds).toBeGreaterThan(0);
      expect(seconds).toBeLessThanOrEqual(LIMITS.wrongKeySeconds);
      expect((await tryFrom(address, platform.apiKey)).status).toBe(200);
    }
    expect((await tryFrom('127.10.0.2', 'wrong')).status).toBe(401);
    const told = platform
      .log()
      .split('\n')
      .filter((line) => line.includes('many wrong keys'));
    expect(told).toEqual([expect.stringContaining(`"address":"${address}"`)]);
  });

  test('behind a proxy are counted by the address that the proxy has added', async () => {
    await using proxied = await startPlatform({ config: 'trust_proxy = true\n' });
    const from = (forwarded: string, key = 'wrong') =>
      tryFrom('127.0.0.1', key, [`X-Forwarded-For: ${forwarded}`], proxied);
    const statuses: number[] = [];
    for (let tried = 0; tried < LIMITS.wrongKeys + 1; tried++) {
      // What the client has written there itself changes nothing.
      statuses.push((await from(`10.0.0.${tried}, 192.0.2.7`)).status);
    }
    expect(statuses).toEqual([...Array(LIMITS.wrongKeys).fill(401), 429]);
    expect((await from('192.0.2.8')).status).toBe(401);
    expect((await from('192.0.2.7, 192.0.2.9')).status).toBe(401);
    expect((await from('192.0.2.7', proxied.apiKey)).status).toBe(200);
  });

  test('of agents keep their answer, which tells an agent that its cluster has ended', async () => {
    const path = '/api/agent/clusters/AbCdEf/exchange/';
    for (let tried = 0; tried <= LIMITS.wrongKeys + 1; tried++) {
      const request = rawRequest(platform, 'POST', path, { key: `gone-${tried}`, body: '{}' });
      expect((await sendRaw(platform, request)).status).toBe(401);
    }
  });
});
