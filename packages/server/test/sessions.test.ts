/** Browsers that are signed in: what lets them in, what does not, and when that ends. */
import { request } from 'node:http';
import type { CreatedSession, Session } from '@quarry/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import { followFile } from './follow-harness.ts';
import {
  addUser,
  definition,
  makeApiKey,
  reach,
  type SignedIn,
  type Someone,
  sessionOf,
  signIn,
  submitJob,
  tryKey,
  trySignIn,
  uploadFile,
} from './platform-harness.ts';

let platform: Platform;
let ann: Someone;
beforeAll(async () => {
  platform = await startPlatform({ config: 'host_names = "Quarry.Lab.example"\n' });
  ann = await addUser(platform, 'ann@lab.example');
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

/** Sends a request with headers of its own choice, `Host` and `Origin` included, as no fetch would. */
function send(
  method: string,
  path: string,
  headers: Record<string, string | undefined>,
  body = '',
): Promise<{ status: number; text: string; headers: Record<string, string | string[] | undefined> }> {
  const given = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
  return new Promise((resolve, reject) => {
    const sending = request(new URL(path, platform.url), {
      method,
      headers: given as Record<string, string>,
    });
    sending.on('error', reject);
    sending.on('response', async (response) => {
      let text = '';
      for await (const chunk of response) {
        text += chunk;
      }
      resolve({ status: response.statusCode!, text, headers: response.headers });
    });
    sending.end(body);
  });
}

const me = (session: SignedIn, change: Record<string, string | undefined> = {}) =>
  send('GET', '/api/v2/users/me/', { ...session.headers, ...change });
const changeName = (session: SignedIn, change: Record<string, string | undefined> = {}) =>
  send(
    'PATCH',
    '/api/v2/users/me/',
    { ...session.headers, 'content-type': 'application/json', ...change },
    JSON.stringify({ fullName: 'Ann' }),
  );
const call = (method: string, path: string, body?: unknown, key = platform.apiKey) =>
  platform.call(method, `/api/v2/${path}`, body, key);

describe('signing in with a key', () => {
  test('gives a cookie that no script can read and a token, which together are their owner', async () => {
    const answer = await trySignIn(platform, { key: ann.key }, { 'user-agent': 'A browser' });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const { port } = new URL(platform.url);
    expect(answer.headers.get('set-cookie')).toMatch(
      new RegExp(`^quarry-session-${port}=[\\w-]{43}; Path=/; Expires=[^;]+ GMT; HttpOnly; SameSite=Strict$`),
    );
    const body = (await answer.clone().json()) as CreatedSession;
    expect(body).toMatchObject({ way: 'key', userAgent: 'A browser', address: '127.0.0.1' });
    expect(body.user.email).toBe('ann@lab.example');
    const session = await sessionOf(platform, answer);
    const own = await send('GET', '/api/session/', session.headers);
    expect(JSON.parse(own.text)).toMatchObject({ id: session.id, user: { email: 'ann@lab.example' } });
    expect((await changeName(session)).status).toBe(200);
    expect((await call('GET', 'users/me/', undefined, ann.key)).body.fullName).toBe('Ann');
  });

  test.each([
    ['a wrong key', { key: 'wrong' }, 401, /Invalid token/],
    ['nothing', {}, 400, /key/],
    ['two words', { key: 'two words' }, 401, /Invalid token header/],
    ['an empty key', { key: '' }, 400, /blank/],
  ])('is refused with %s', async (_what, body, status, words) => {
    const answer = await trySignIn(platform, body);
    expect([answer.status, answer.headers.get('set-cookie')]).toEqual([status, null]);
    expect(await answer.text()).toMatch(words);
  });

  test('is refused to pages of others, whatever they know', async () => {
    for (const origin of [
      'http://evil.example',
      'null',
      'http://127.0.0.1:1',
      `${platform.url}.evil.example`,
    ]) {
      const answer = await trySignIn(platform, { key: ann.key }, { origin });
      expect([origin, answer.status, answer.headers.get('set-cookie')]).toEqual([origin, 403, null]);
      expect(await answer.json()).toMatchObject({ code: 'foreign_origin', hint: expect.any(String) });
    }
    const without = await send('POST', '/api/session/', {}, JSON.stringify({ key: ann.key }));
    expect(without.status).toBe(403);
  });

  test('begins a session of its own each time, whatever cookie came', async () => {
    const first = await signIn(platform, ann.key);
    const answer = await trySignIn(platform, { key: ann.key }, { cookie: first.cookie });
    const second = await sessionOf(platform, answer);
    expect([second.cookie === first.cookie, second.token === first.token]).toEqual([false, false]);
    expect((await me(first)).status).toBe(200);
  });
});

describe('a session', () => {
  test('is neither its cookie nor its token alone, nor halves of two', async () => {
    const [one, other] = [await signIn(platform, ann.key), await signIn(platform, ann.key)];
    const statuses = [
      await me(one, { 'x-quarry-session': undefined }),
      await me(one, { cookie: undefined }),
      await me(one, { cookie: other.cookie }),
      await me(one, { 'x-quarry-session': other.token }),
      await me(one, { 'x-quarry-session': one.cookie.split('=')[1] }),
      await me(one, { 'x-quarry-session': '' }),
      await me(one),
    ].map(({ status }) => status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 401, 200]);
  });

  test('is not disturbed by cookies that others on this host have set beside it', async () => {
    const session = await signIn(platform, ann.key);
    const planted = `${session.cookie.split('=')[0]}=planted; quarry-session=x; other=1; ${session.cookie}`;
    expect((await me(session, { cookie: planted })).status).toBe(200);
  });

  test('and a key in one request are refused, since they may be of different people', async () => {
    const session = await signIn(platform, ann.key);
    const answer = await me(session, { authorization: `Token ${platform.apiKey}` });
    expect([answer.status, JSON.parse(answer.text).code]).toEqual([400, 'two_credentials']);
  });

  test('changes nothing for a page of another origin, nor for one that does not say which it is', async () => {
    const session = await signIn(platform, ann.key);
    for (const origin of [undefined, 'null', 'http://evil.example', 'http://127.0.0.1:1']) {
      const answer = await changeName(session, { origin });
      expect([origin, answer.status, JSON.parse(answer.text).code]).toEqual([origin, 403, 'foreign_origin']);
    }
    // Browsers leave the origin of a GET out on the same site.
    expect((await me(session, { origin: undefined })).status).toBe(200);
    expect((await me(session, { origin: 'http://evil.example' })).status).toBe(403);
  });

  test('counts only where the request names a host that the site knows; with a key any name does', async () => {
    const session = await signIn(platform, ann.key);
    const { port } = new URL(platform.url);
    const ask = async (host: string) =>
      (await send('GET', '/api/v2/users/me/', { ...session.headers, origin: undefined, host })).status;
    for (const host of [`localhost:${port}`, '127.0.0.1:9', '[::1]', '192.0.2.7:80', 'quarry.lab.example']) {
      expect([host, await ask(host)]).toEqual([host, 200]);
    }
    for (const host of ['rebound.evil.example', `localhost.evil.example:${port}`, 'xquarry.lab.example']) {
      expect([host, await ask(host)]).toEqual([host, 403]);
      const byKey = await send('GET', '/api/v2/users/me/', { authorization: `Token ${ann.key}`, host });
      expect([host, byKey.status]).toEqual([host, 200]);
    }
    const rebound = { host: 'rebound.evil.example', origin: 'http://rebound.evil.example' };
    const signing = await send('POST', '/api/session/', rebound, JSON.stringify({ key: ann.key }));
    expect([signing.status, JSON.parse(signing.text).code]).toEqual([403, 'unknown_host']);
  });

  test('makes links that open without it, and that end with it', async () => {
    const session = await signIn(platform, ann.key);
    const { id } = await uploadFile(platform, 'a.txt', 'bytes', ann.key);
    const link = async () => {
      const { status, text } = await send('POST', `/api/v2/files/${id}/ticket/`, session.headers);
      expect(status).toBe(201);
      return JSON.parse(text).url as string;
    };
    const [used, late] = [await link(), await link()];
    expect(await (await fetch(used)).text()).toBe('bytes');
    await send('DELETE', '/api/session/', session.headers);
    expect((await fetch(late)).status).toBe(401);
  });

  test('follows events by a request that is read as it comes, and is told at once when it ends', async () => {
    const session = await signIn(platform, ann.key);
    const answer = await fetch(new URL('/api/v2/events/', platform.url), { headers: session.headers });
    expect(answer.status).toBe(200);
    const reading = answer.text();
    await call('DELETE', `users/me/sessions/${session.id}/`);
    expect(await reading).toMatch(/event: closed/);
  });
});

test('what a page asks for by itself is answered, and is no use of its session', async () => {
  const session = await signIn(platform, ann.key);
  const lastUse = async () => {
    // It is written down when the server stops, at the latest.
    await platform.stop();
    await platform.restart();
    const { body } = await call('GET', 'users/me/sessions/?page_size=100', undefined, ann.key);
    const row = (body.results as Session[]).find(({ id }) => id === session.id)!;
    return { wasUsed: row.dateLastUsed > row.dateCreated };
  };
  expect((await me(session, { 'x-quarry-automatic': '1' })).status).toBe(200);
  expect(await lastUse()).toEqual({ wasUsed: false });
  expect((await me(session)).status).toBe(200);
  expect(await lastUse()).toEqual({ wasUsed: true });
});

test('streams that a key has open end when the key does', async () => {
  const jobId = await submitJob(platform, definition('echo begun; sleep 300'), ann.key);
  await reach(platform, jobId, 'Executing');
  const { key } = await makeApiKey(
    platform,
    { name: 'short', dateExpires: new Date(Date.now() + 3000).toISOString() },
    ann.key,
  );
  using followed = await followFile(platform, jobId, 'process_output.log', { key });
  const events = await fetch(new URL('/api/v2/events/', platform.url), {
    headers: { authorization: `Token ${key}` },
  });
  expect([followed.status, events.status]).toEqual([200, 200]);
  expect(await events.text()).toMatch(/event: closed/);
  expect((await followed.rest()).every(({ type }) => type !== 'end')).toBe(true);
  expect(await tryKey(platform, key)).toBe(401);
  await call('POST', `jobs/${jobId}/stop/`);
  await reach(platform, jobId, 'Completed');
});

describe('a session ends', () => {
  test('by signing out, which takes its cookie away', async () => {
    const session = await signIn(platform, ann.key);
    const answer = await send('DELETE', '/api/session/', session.headers);
    expect(answer.status).toBe(204);
    expect(String(answer.headers['set-cookie'])).toMatch(
      /^quarry-session-\d+=; Path=\/; Max-Age=0; HttpOnly/,
    );
    expect((await me(session)).status).toBe(401);
  });

  test('when its owner ends it from elsewhere, or an administrator does, and by nobody else', async () => {
    const [here, there] = [await signIn(platform, ann.key), await signIn(platform, ann.key)];
    const listed = await send('GET', '/api/v2/users/me/sessions/', here.headers);
    const rows = JSON.parse(listed.text).results as Array<{ id: string; isCurrent: boolean }>;
    expect(rows.filter(({ isCurrent }) => isCurrent).map(({ id }) => id)).toEqual([here.id]);
    expect(rows.map(({ id }) => id)).toContain(there.id);
    const stranger = await addUser(platform, 'stranger@lab.example');
    const end = (id: string, key: string) =>
      call('DELETE', `users/me/sessions/${id}/`, undefined, key).then(({ status }) => status);
    expect(await end(there.id, stranger.key)).toBe(404);
    expect((await me(there)).status).toBe(200);
    expect(await send('DELETE', `/api/v2/users/me/sessions/${there.id}/`, here.headers)).toMatchObject({
      status: 204,
    });
    expect((await me(there)).status).toBe(401);
    expect(await end(here.id, platform.apiKey)).toBe(204);
    expect((await me(here)).status).toBe(401);
  });

  test('with the key that began it, and not with another one', async () => {
    const [one, other] = [await makeKey('one'), await makeKey('other')];
    const [ofOne, ofOther] = [await signIn(platform, one.key), await signIn(platform, other.key)];
    expect([(await me(ofOne)).status, (await me(ofOther)).status]).toEqual([200, 200]);
    await call('DELETE', `users/me/api-keys/${one.id}/`, undefined, ann.key);
    expect([(await me(ofOne)).status, (await me(ofOther)).status]).toEqual([401, 200]);
  });

  test('no later than that key does', async () => {
    const dateExpires = new Date(Date.now() + 3_600_000).toISOString();
    const { key } = await makeApiKey(platform, { name: 'short', dateExpires }, ann.key);
    const session = await signIn(platform, key);
    const own = await send('GET', '/api/session/', session.headers);
    expect(Date.parse(JSON.parse(own.text).dateExpires)).toBe(Date.parse(dateExpires));
  });

  test('when its user is locked out, and does not come back with them', async () => {
    const someone = await addUser(platform, 'locked@lab.example');
    const session = await signIn(platform, someone.key);
    expect((await me(session)).status).toBe(200);
    for (const isActive of [false, true]) {
      await call('PATCH', `users/${someone.id}/`, { isActive });
      expect([isActive, (await me(session)).status]).toEqual([isActive, 401]);
    }
    expect((await me(await signIn(platform, someone.key))).status).toBe(200);
  });

  test('not with the server, which knows it again after a crash', async () => {
    const session = await signIn(platform, ann.key);
    await platform.kill();
    await platform.restart();
    expect((await me(session)).status).toBe(200);
  });

  test('when there are too many of a user: the one that was used least recently', async () => {
    const many = await addUser(platform, 'many@lab.example');
    const first = await signIn(platform, many.key);
    for (let index = 0; index < 50; index++) {
      await signIn(platform, many.key);
    }
    expect((await me(first)).status).toBe(401);
    const { body } = await call('GET', 'users/me/sessions/?page_size=100', undefined, many.key);
    expect(body.count).toBe(50);
  });
});

describe('a link for signing in', () => {
  const makeLink = async (key: string) => {
    const { status, body } = await call('POST', 'session/link/', undefined, key);
    expect(status).toBe(201);
    expect(body.url).toMatch(new RegExp(`^${platform.url}/sign-in/#code=[\\w-]{32}$`));
    return new URL(body.url).hash.slice('#code='.length);
  };

  test('opens once, as whoever made it', async () => {
    const code = await makeLink(ann.key);
    const answer = await trySignIn(platform, { code });
    expect(await answer.clone().json()).toMatchObject({ way: 'link', user: { email: 'ann@lab.example' } });
    expect((await me(await sessionOf(platform, answer))).status).toBe(200);
    const again = await trySignIn(platform, { code });
    expect([again.status, again.headers.get('set-cookie')]).toEqual([401, null]);
    expect(await again.text()).toMatch(/has been used/);
  });

  test('opens once to many who come at the same time', async () => {
    const code = await makeLink(ann.key);
    const answers = await Promise.all(Array.from({ length: 20 }, () => trySignIn(platform, { code })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(19);
  });

  test('and what it began end with the key that made it', async () => {
    const { id, key } = await makeKey('of links');
    const [used, unused] = [await makeLink(key), await makeLink(key)];
    const session = await sessionOf(platform, await trySignIn(platform, { code: used }));
    await call('DELETE', `users/me/api-keys/${id}/`, undefined, ann.key);
    expect((await me(session)).status).toBe(401);
    expect((await trySignIn(platform, { code: unused })).status).toBe(401);
  });

  test('is not made by a session, which would outlive itself so', async () => {
    const session = await signIn(platform, ann.key);
    const answer = await send('POST', '/api/session/link/', session.headers);
    expect(answer.status).toBe(403);
  });

  test('opens nothing for somebody who has been locked out since', async () => {
    const someone = await addUser(platform, 'link-locked@lab.example');
    const code = await makeLink(someone.key);
    await call('PATCH', `users/${someone.id}/`, { isActive: false });
    expect((await trySignIn(platform, { code })).status).toBe(401);
  });

  test('is one of so many that wait: with more, the oldest opens no more', async () => {
    const someone = await addUser(platform, 'links@lab.example');
    const codes: string[] = [];
    for (let index = 0; index < 21; index++) {
      codes.push(await makeLink(someone.key));
    }
    expect((await trySignIn(platform, { code: codes[0] })).status).toBe(401);
    expect((await trySignIn(platform, { code: codes[1] })).status).toBe(201);
  });

  test('and a key together are refused, and use the link up no more than a page of others does', async () => {
    const code = await makeLink(ann.key);
    expect((await trySignIn(platform, { code, key: ann.key })).status).toBe(400);
    expect((await trySignIn(platform, { code }, { origin: 'http://evil.example' })).status).toBe(403);
    expect((await trySignIn(platform, { code })).status).toBe(201);
  });
});

test('a session follows a change of role at once', async () => {
  const someone = await addUser(platform, 'promoted@lab.example');
  const session = await signIn(platform, someone.key);
  const lists = async () => (await send('GET', '/api/v2/users/', session.headers)).status;
  expect(await lists()).toBe(403);
  await call('PATCH', `users/${someone.id}/`, { role: 'admin' });
  expect(await lists()).toBe(200);
});

test('who signed in and out is in the log of events, and no secret is', async () => {
  const session = await signIn(platform, ann.key);
  await send('DELETE', '/api/session/', session.headers);
  const { body } = await call('GET', `events-log/?subject=session:${session.id}`);
  expect(body.results.map(({ verb }: { verb: string }) => verb)).toEqual(['signed_out', 'signed_in']);
  expect(body.results[1]).toMatchObject({
    actor: { email: 'ann@lab.example' },
    detail: { way: 'key', address: '127.0.0.1' },
  });
  const said = platform.log() + JSON.stringify((await call('GET', 'events-log/?page_size=1000')).body);
  for (const secret of [session.token, session.cookie.split('=')[1]!, ann.key]) {
    expect(said).not.toContain(secret);
  }
});

const makeKey = (name: string) => makeApiKey(platform, { name }, ann.key);
