import { ApiError, NotFoundError, ServerError, UnknownCallError } from '@quarry/sdk';
import { describe, expect, test } from 'vitest';
import { VERSION } from '../src/version.ts';
import { compareVersions } from '../src/versions.ts';
import { json, startDouble } from './platform-double.ts';

const UNKNOWN = {
  detail: 'There is nothing at /api/v2/events-log/.',
  code: 'unknown_path',
  hint: 'Of the server.',
};

/** What asking for the log of events comes to where the platform answers so. */
async function refusal(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<ApiError> {
  await using platform = await startDouble((_request, response) => {
    if (typeof body !== 'string') {
      return json(response, status, body, headers);
    }
    response.writeHead(status, { 'content-type': 'text/html', ...headers });
    response.end(body);
  });
  const error = await platform
    .client({ maxRetries: 0 })
    .admin.listEvents()
    .page()
    .catch((thrown) => thrown);
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError;
}

describe('a call that the platform does not have', () => {
  test.each([
    ['0.0.1', 'The server is older: ask whoever runs it to update it, or use a client of its version.'],
    ['99.0.0', 'The server is newer: update the client.'],
    [VERSION, 'Both are of one version: check the path.'],
  ])('is told with the versions of both: server %s', async (version, hint) => {
    const error = await refusal(404, UNKNOWN, { 'quarry-version': version });
    expect(error).toBeInstanceOf(UnknownCallError);
    // Whoever looks for what a platform lacks goes by this class.
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toMatchObject({
      message: `The server is Quarry ${version} and has no call GET /api/v2/events-log/; this client is ${VERSION}.`,
      hint,
      serverVersion: version,
      code: 'unknown_path',
      status: 404,
    });
  });

  test('may be a method that a known path does not have', async () => {
    const body = { detail: 'Method "GET" not allowed.', code: 'method_not_allowed' };
    const error = await refusal(405, body, { 'quarry-version': '0.0.1' });
    expect(error).toBeInstanceOf(UnknownCallError);
    expect(error.message).toContain('is Quarry 0.0.1 and has no call GET /api/v2/events-log/');
  });

  test('of a Quarry that did not tell its version yet is known by its words', async () => {
    const error = await refusal(404, { detail: UNKNOWN.detail, code: 'not_found', hint: 'Check the id.' });
    expect(error).toBeInstanceOf(UnknownCallError);
    expect(error.message).toMatch(/^The server is an early Quarry .* has no call GET/);
    expect(error.hint).toContain('The server is older');
  });

  test.each(['<h1>Not Found</h1>', '404 page not found', { message: 'no Route matched with those values' }])(
    'of another platform, or a proxy, is told as that: %j',
    async (body) => {
      const error = await refusal(404, body);
      expect(error).toBeInstanceOf(UnknownCallError);
      expect(error.message).toBe(
        `The platform has no call GET /api/v2/events-log/. It does not say that it is a Quarry server; this client is ${VERSION}.`,
      );
    },
  );

  test.each([
    [{ detail: 'Not found.' }, {}],
    [{ detail: 'There is no job "AbCdEf".', code: 'not_found' }, { 'quarry-version': '0.0.1' }],
  ])('is not one where a thing is missing: %j', async (body, headers) => {
    const error = await refusal(404, body, headers);
    expect(error.name).toBe('NotFoundError');
    expect(error.message).toContain(body.detail);
  });
});

describe('the id of a request', () => {
  test('stands on every error, and in the words of those that are the fault of the platform', async () => {
    const refused = await refusal(404, { detail: 'Not found.' }, { 'x-request-id': 'r-1' });
    expect(refused.requestId).toBe('r-1');
    expect(refused.message).not.toContain('r-1');
    const failed = await refusal(500, { detail: 'A mistake.' }, { 'x-request-id': 'r-2' });
    expect(failed).toBeInstanceOf(ServerError);
    expect(failed.message).toBe('A mistake.\n(GET /api/v2/events-log/ answered 500, request r-2)');
  });

  test('is taken from the body where a proxy drops the header, and is no field that is wrong', async () => {
    const { requestId, fieldErrors, message } = await refusal(500, {
      detail: 'A mistake.',
      requestId: 'r-3',
    });
    expect([requestId, fieldErrors]).toEqual(['r-3', []]);
    expect(message).toContain('request r-3');
  });
});

test('versions are compared by their numbers', () => {
  const order = ['0.0.9', '0.1.0', '0.9.0', '0.10.0', '1.0.0'];
  expect(order.toReversed().toSorted(compareVersions)).toEqual(order);
  expect(compareVersions('1.2.3-next.1', '1.2.3')).toBe(0);
});
