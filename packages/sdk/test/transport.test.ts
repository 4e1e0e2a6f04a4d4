import { Readable } from 'node:stream';
import {
  ApiError,
  AuthenticationError,
  BadRequestError,
  ConnectionError,
  InvalidResponseError,
  NotFoundError,
  type PlatformWarning,
  Quarry,
  QuarryError,
  RateLimitError,
  ServerError,
  TimeoutError,
} from '@quarry/sdk';
import { describe, expect, test } from 'vitest';
import { json, type PlatformDouble, startDouble } from './platform-double.ts';

const definition = { name: 'pi', jobanalyses: [] };
const writesOf = ({ asked }: PlatformDouble) => asked.filter(({ method }) => method !== 'GET');

describe('retries', () => {
  test('a create refused with 429 is sent again after Retry-After seconds', async () => {
    await using platform = await startDouble((_request, response, count) => {
      if (count === 0) {
        json(response, 429, { detail: 'Slow down.' }, { 'retry-after': '1' });
      } else {
        json(response, 201, { id: 'abcdef' });
      }
    });
    const startedAt = performance.now();
    const job = await platform.client().jobs.create(definition);
    expect(job.id).toBe('abcdef');
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(1000);
    expect(platform.asked).toHaveLength(2);
  });

  test('Retry-After may be an HTTP date', async () => {
    await using platform = await startDouble((_request, response, count) => {
      const date = new Date(Date.now() + 1500).toUTCString();
      if (count === 0) {
        json(response, 503, { detail: 'Restarting.' }, { 'retry-after': date });
      } else {
        json(response, 200, { id: 'u1' });
      }
    });
    await platform.client().users.me();
    expect(platform.asked).toHaveLength(2);
  });

  test('a date in Retry-After counts from that of the answer, whatever the clock here says', async () => {
    await using platform = await startDouble((_request, response, count) => {
      const there = Date.now() + 2 * 86_400_000;
      const headers = {
        date: new Date(there).toUTCString(),
        'retry-after': new Date(there + 1000).toUTCString(),
      };
      if (count === 0) {
        json(response, 503, { detail: 'Restarting.' }, headers);
      } else {
        json(response, 200, { id: 'u1' });
      }
    });
    await platform.client().users.me();
    expect(platform.asked).toHaveLength(2);
  });

  test('a Retry-After too long to sleep through comes back as RateLimitError', async () => {
    await using platform = await startDouble((_request, response) =>
      json(response, 429, { detail: 'Come back in an hour.' }, { 'retry-after': '3600' }),
    );
    const error = await platform
      .client()
      .users.me()
      .catch((thrown) => thrown);
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error.retryAfterSeconds).toBe(3600);
    expect(platform.asked).toHaveLength(1);
  });

  test('a read is repeated after 503 and after a reset, as often as maxRetries says', async () => {
    await using platform = await startDouble((_request, response, count) => {
      if (count === 0) {
        json(response, 503, { detail: 'Away.' });
      } else if (count === 1) {
        response.socket?.resetAndDestroy();
      } else {
        json(response, 200, { id: 'u1' });
      }
    });
    await platform.client().users.me();
    expect(platform.asked).toHaveLength(3);

    const impatient = platform.client({ maxRetries: 0, baseUrl: 'http://127.0.0.1:9' });
    await expect(impatient.users.me()).rejects.toThrow(ConnectionError);
  });

  test.each([
    ['create', (client: Quarry) => client.jobs.create(definition)],
    ['submit', (client: Quarry) => client.jobs.submit('abcdef')],
    ['clone', (client: Quarry) => client.jobs.clone('abcdef')],
    ['upload', (client: Quarry) => client.files.upload('x', { name: 'x' })],
    ['upload of a stream', (client: Quarry) => client.files.upload(new Blob(['x']).stream(), { name: 'x' })],
  ])(
    'a %s is not repeated after 502 or a lost connection by a platform that minds no keys',
    async (_name, call) => {
      await using broken = await startDouble((_request, response) =>
        json(response, 502, { detail: 'Bad gateway.' }),
      );
      await expect(call(broken.client({ maxRetries: 1 }))).rejects.toThrow(ServerError);
      expect(writesOf(broken)).toHaveLength(1);

      await using lost = await startDouble((_request, response) => {
        response.socket?.resetAndDestroy();
      });
      await expect(call(lost.client({ maxRetries: 1 }))).rejects.toThrow(ConnectionError);
      expect(writesOf(lost)).toHaveLength(1);
    },
  );

  test('a delete whose answer was lost is done when the second one says 404', async () => {
    await using platform = await startDouble((_request, response, count) => {
      if (count === 0) {
        response.socket?.resetAndDestroy();
      } else {
        json(response, 404, { detail: 'Not found.' });
      }
    });
    await platform.client().jobs.delete('abcdef', { deleteInputFiles: true });
    expect(platform.asked.map(({ url }) => url)).toEqual([
      '/api/v2/jobs/abcdef/?deleteInputFiles=true',
      '/api/v2/jobs/abcdef/?deleteInputFiles=true',
    ]);
    await expect(platform.client().jobs.delete('abcdef')).rejects.toThrow(NotFoundError);
  });

  test('507 is not repeated: a full disk stays full', async () => {
    await using platform = await startDouble((_request, response) =>
      json(response, 507, { detail: 'Disk full.' }),
    );
    await expect(platform.client().users.me()).rejects.toThrow('Disk full.');
    expect(platform.asked).toHaveLength(1);
  });
});

describe('time limits and aborts', () => {
  test('a request that is not answered in time fails with TimeoutError', async () => {
    await using platform = await startDouble(() => {});
    const call = platform.client({ timeoutMs: 100, maxRetries: 0 }).users.me();
    await expect(call).rejects.toThrow(TimeoutError);
    await expect(call).rejects.toThrow('0.1 s');
  });

  test('a body that stops in the middle counts, too', async () => {
    await using platform = await startDouble((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"id":');
    });
    const call = platform.client({ timeoutMs: 100, maxRetries: 0 }).users.me();
    await expect(call).rejects.toThrow(TimeoutError);
  });

  test('an abort rejects with the reason of the signal, also between two attempts', async () => {
    await using platform = await startDouble((_request, response) =>
      json(response, 503, {}, { 'retry-after': '60' }),
    );
    const reason = new Error('changed my mind');
    const abort = new AbortController();
    const call = platform.client().users.me({ signal: abort.signal });
    await expect.poll(() => platform.asked.length).toBe(1);
    abort.abort(reason);
    await expect(call).rejects.toBe(reason);
    await expect(platform.client().users.me({ signal: abort.signal })).rejects.toBe(reason);
  });
});

describe('credentials', () => {
  test('keys travel as Token, JWTs as Bearer, and no key as nothing', async () => {
    await using platform = await startDouble((_request, response) => json(response, 200, {}));
    await platform.client({ apiKey: ' 0123abcd\n' }).users.me();
    await platform.client({ apiKey: 'eyJhbGciOi.eyJzdWIi.c2ln' }).users.me();
    await platform.client({ apiKey: '' }).users.me();
    expect(platform.asked.map(({ headers }) => headers.authorization)).toEqual([
      'Token 0123abcd',
      'Bearer eyJhbGciOi.eyJzdWIi.c2ln',
      undefined,
    ]);
  });

  test('a redirect to another host is followed without the key', async () => {
    await using elsewhere = await startDouble((_request, response) => {
      response.end('bytes');
    });
    await using platform = await startDouble((_request, response) => {
      response.writeHead(302, { location: `${elsewhere.url}/bucket/object` }).end();
    });
    expect(await platform.client().files.text('abcdef')).toBe('bytes');
    expect(elsewhere.asked[0]?.headers.authorization).toBeUndefined();
    expect(platform.asked[0]?.headers.authorization).toBe('Token abc123');
  });

  test('a redirect on the same host keeps the key; a circle of them ends', async () => {
    await using platform = await startDouble((request, response) => {
      if (request.url === '/api/v2/users/me/') {
        response.writeHead(301, { location: '/there/' }).end();
      } else if (request.url === '/there/') {
        json(response, 200, { id: 'u1' });
      } else {
        response.writeHead(302, { location: request.url }).end();
      }
    });
    const client = platform.client({ maxRetries: 0 });
    expect((await client.users.me()).id).toBe('u1');
    expect(platform.asked[1]?.headers.authorization).toBe('Token abc123');
    await expect(client.jobs.get('abcdef')).rejects.toThrow('redirects more than 5 times');
  });

  test('a redirected create is not sent on', async () => {
    await using platform = await startDouble((_request, response) => {
      response.writeHead(301, { location: 'https://elsewhere.example/api/v2/jobs/' }).end();
    });
    const error = await platform
      .client()
      .jobs.create(definition)
      .catch((thrown) => thrown);
    expect(error.message).toContain('https://elsewhere.example/api/v2/jobs/');
    expect(error.hint).toContain('base URL');
  });

  test('a key with a line break inside and an address without scheme are refused in words', () => {
    expect(() => new Quarry({ baseUrl: 'http://h', apiKey: 'abc\ndef' })).toThrow(
      'characters that no key has',
    );
    expect(() => new Quarry({ baseUrl: 'hpc.example.com' })).toThrow('is not the address of a platform');
    expect(() => new Quarry({ baseUrl: 'ftp://hpc.example.com' })).toThrow('does not begin with http');
    expect(() => new Quarry({ baseUrl: 'https://ann:pw@hpc.example.com' })).toThrow('user name or password');
  });

  test.each([
    'http://h:8080',
    'http://h:8080/',
    'http://h:8080//',
    ' http://h:8080/api/v2/ ',
    'http://h:8080/api/v3',
    'http://h:8080/api',
  ])('the base URL may be written as %j', (baseUrl) => {
    expect(new Quarry({ baseUrl }).baseUrl).toBe('http://h:8080');
  });

  test('a platform may live below a path', () => {
    expect(new Quarry({ baseUrl: 'https://lab.example/quarry/api/v2/' }).baseUrl).toBe(
      'https://lab.example/quarry',
    );
  });
});

describe('errors', () => {
  test('nested field errors become lines that name the field', async () => {
    const body = {
      name: ['This field is required.'],
      jobanalyses: [{}, { hardware: { coresPerSlot: ['1 is not allowed for Granite; choose 2, 4, 8.'] } }],
      non_field_errors: ['Choose a project.'],
      code: 'invalid',
      hint: 'See the core types.',
      docs: 'http://h/docs',
    };
    await using platform = await startDouble((_request, response) =>
      json(response, 400, body, { 'x-request-id': 'r-1' }),
    );
    const error: ApiError = await platform
      .client()
      .jobs.create(definition)
      .catch((thrown) => thrown);
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toBeInstanceOf(QuarryError);
    expect(error.fieldErrors).toEqual([
      { path: 'name', message: 'This field is required.' },
      {
        path: 'jobanalyses[1].hardware.coresPerSlot',
        message: '1 is not allowed for Granite; choose 2, 4, 8.',
      },
      { path: '', message: 'Choose a project.' },
    ]);
    expect(error.message).toContain('jobanalyses[1].hardware.coresPerSlot: 1 is not allowed for Granite');
    expect(error.message).toContain('(POST /api/v2/jobs/ answered 400)');
    expect(error).toMatchObject({
      status: 400,
      code: 'invalid',
      hint: 'See the core types.',
      docs: 'http://h/docs',
      requestId: 'r-1',
      detail: null,
      body,
    });
  });

  test('a field called code keeps its messages', async () => {
    await using platform = await startDouble((_request, response) =>
      json(response, 400, { code: ['Unknown code.'] }),
    );
    const error = await platform
      .client()
      .analyses.get('x')
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ code: null, fieldErrors: [{ path: 'code', message: 'Unknown code.' }] });
  });

  test.each([
    [401, AuthenticationError],
    [404, NotFoundError],
    [500, ServerError],
    [418, ApiError],
  ])('status %i becomes its own class with the words of the platform', async (status, expected) => {
    await using platform = await startDouble((_request, response) =>
      json(response, status, { detail: 'So it is.' }),
    );
    const error = await platform
      .client({ maxRetries: 0 })
      .users.me()
      .catch((thrown) => thrown);
    expect(error).toBeInstanceOf(expected);
    expect(error).toMatchObject({ status, detail: 'So it is.' });
  });

  test('of a page of HTML only the title is told, of an endless body only the beginning', async () => {
    await using platform = await startDouble((request, response) => {
      response.writeHead(502, { 'content-type': 'text/html' });
      if (request.url.includes('users')) {
        response.end('<html><title>502 Bad Gateway</title><body>nginx</body></html>');
      } else {
        Readable.from(endlessly('x'.repeat(65536))).pipe(response);
      }
    });
    const client = platform.client({ maxRetries: 0 });
    await expect(client.users.me()).rejects.toThrow(/^502 Bad Gateway\n/);
    const error: ApiError = await client.jobs.get('abcdef').catch((thrown) => thrown);
    expect(error.detail).toHaveLength(500);
  });

  test('an answer that is not JSON says what to check', async () => {
    await using platform = await startDouble((_request, response) => {
      response.end('<html>Welcome</html>');
    });
    const error = await platform
      .client()
      .users.me()
      .catch((thrown) => thrown);
    expect(error).toBeInstanceOf(InvalidResponseError);
    expect(error.hint).toContain('base URL');
  });
});

test('fields the SDK does not know pass through', async () => {
  await using platform = await startDouble((_request, response) =>
    json(response, 200, { id: 'u1', shoeSize: 44 }),
  );
  expect(await platform.client().users.me()).toEqual({ id: 'u1', shoeSize: 44 });
});

test('warnings of header and body reach onWarning once each', async () => {
  await using platform = await startDouble((_request, response) =>
    json(
      response,
      200,
      { id: 'abcdef', warnings: ['The job has started.', 'Unknown field "x".'] },
      {
        warning: '299 quarry "The job has started.", 299 quarry "Say \\"hello\\"."',
      },
    ),
  );
  const warnings: PlatformWarning[] = [];
  await platform
    .client({ onWarning: (warning) => warnings.push(warning) })
    .jobs.update('abcdef', { name: 'n' });
  expect(warnings.map(({ message }) => message)).toEqual([
    'The job has started.',
    'Say "hello".',
    'Unknown field "x".',
  ]);
  expect(warnings[0]).toMatchObject({ method: 'PATCH', path: '/api/v2/jobs/abcdef/' });
});

test('a fetch of the caller is used', async () => {
  const addresses: string[] = [];
  const client = new Quarry({
    baseUrl: 'http://nowhere.example',
    fetch: async (input) => {
      addresses.push(String(input));
      return Response.json({ id: 'u1' });
    },
  });
  expect((await client.users.me()).id).toBe('u1');
  expect(addresses).toEqual(['http://nowhere.example/api/v2/users/me/']);
});

function* endlessly(chunk: string): Generator<string> {
  for (;;) {
    yield chunk;
  }
}
