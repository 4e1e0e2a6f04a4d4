import { NotFoundError, Quarry, QuarryError, RateLimitError } from '@quarry/sdk';
import { expect, test } from 'vitest';
import { json, startDouble } from './platform-double.ts';

const session = { id: 'SeSsAb', way: 'key', isCurrent: true };

test('a client with a session sends its token and no key', async () => {
  await using platform = await startDouble((_request, response) => json(response, 200, { id: 'u1' }));
  const client = platform.client({ apiKey: undefined, session: 'the-token' });
  await client.users.me();
  const [asked] = platform.asked;
  expect(asked?.headers['x-quarry-session']).toBe('the-token');
  expect(asked?.headers.authorization).toBeUndefined();
});

test('a key and a session together are refused before anything is sent', () => {
  const both = { baseUrl: 'http://127.0.0.1:1', apiKey: 'a', session: 'b' };
  expect(() => new Quarry(both)).toThrow(QuarryError);
});

test('a redirect to another host is followed without the session', async () => {
  await using elsewhere = await startDouble((_request, response) => {
    response.end('bytes');
  });
  await using platform = await startDouble((_request, response) => {
    response.writeHead(302, { location: `${elsewhere.url}/bucket/object` }).end();
  });
  const client = platform.client({ apiKey: undefined, session: 'the-token' });
  expect(await client.files.text('abcdef')).toBe('bytes');
  expect(elsewhere.asked[0]?.headers['x-quarry-session']).toBeUndefined();
});

test('signing in says at once that there were too many tries', async () => {
  await using platform = await startDouble((_request, response) =>
    json(response, 429, { detail: 'Too many.' }, { 'retry-after': '1' }),
  );
  await expect(platform.client().sessions.signIn({ key: 'x' })).rejects.toThrow(RateLimitError);
  expect(platform.asked).toHaveLength(1);
});

test('sessions are begun, shown, listed and ended', async () => {
  await using platform = await startDouble(({ method, url }, response) => {
    if (method === 'DELETE') {
      response.writeHead(204).end();
    } else if (url.endsWith('/users/me/sessions/')) {
      json(response, 200, { count: 1, next: null, previous: null, results: [session] });
    } else {
      json(response, method === 'POST' ? 201 : 200, { ...session, token: 'the-token' });
    }
  });
  const { sessions } = platform.client();
  expect((await sessions.signIn({ key: 'a key' })).token).toBe('the-token');
  expect((await sessions.current()).id).toBe('SeSsAb');
  expect(await sessions.list().all()).toEqual([session]);
  await sessions.revoke('SeSsAb');
  await sessions.signOut();
  expect(platform.asked.map(({ method, url, body }) => `${method} ${url} ${body.toString()}`.trim())).toEqual(
    [
      'POST /api/v2/session/ {"key":"a key"}',
      'GET /api/v2/session/',
      'GET /api/v2/users/me/sessions/',
      'DELETE /api/v2/users/me/sessions/SeSsAb/',
      'DELETE /api/v2/session/',
    ],
  );
});

test('a link for a browser is made with a key', async () => {
  const link = { url: 'http://h/sign-in/#code=x', dateExpires: '2026-01-05T09:10:00.000000Z' };
  await using platform = await startDouble((_request, response) => json(response, 201, link));
  expect(await platform.client().sessions.createLink()).toEqual(link);
  expect(platform.asked.map(({ method, url }) => `${method} ${url}`)).toEqual(['POST /api/v2/session/link/']);
});

test('where a platform knows no sessions, asking for the current one says so', async () => {
  await using platform = await startDouble((_request, response) =>
    json(response, 404, { detail: 'Not found.' }),
  );
  await expect(platform.client().sessions.current()).rejects.toThrow(NotFoundError);
});

test('passwords are set, by their owner and by a link of an administrator; preferences are read and changed', async () => {
  await using platform = await startDouble(({ method }, response) => {
    if (method === 'PUT') {
      response.writeHead(204).end();
    } else {
      json(response, method === 'POST' ? 201 : 200, { theme: 'dark' });
    }
  });
  const { admin, users } = platform.client();
  await users.setPassword({ password: 'a new password' });
  await admin.createPasswordLink('UsErAb');
  expect(await users.preferences()).toEqual({ theme: 'dark' });
  await users.updatePreferences({ theme: null });
  expect(platform.asked.map(({ method, url, body }) => `${method} ${url} ${body.toString()}`.trim())).toEqual(
    [
      'PUT /api/v2/users/me/password/ {"password":"a new password"}',
      'POST /api/v2/users/UsErAb/password-link/',
      'GET /api/v2/users/me/preferences/',
      'PATCH /api/v2/users/me/preferences/ {"theme":null}',
    ],
  );
});
