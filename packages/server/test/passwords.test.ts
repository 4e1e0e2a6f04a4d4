/** Signing in with an address and a password: how one is set, what it opens, and how guessing is slowed. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import { addUser, type SignedIn, sessionOf, signIn, tryKey, trySignIn } from './platform-harness.ts';

const PASSWORD = 'correct horse battery';
let platform: Platform;
let people = 0;
let hosts = 0;
beforeAll(async () => {
  platform = await startPlatform({ config: 'trust_proxy = true\n' });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const call = (method: string, path: string, body?: unknown, key = platform.apiKey) =>
  platform.call(method, `/api/v2/${path}`, body, key);
const address = () => `10.1.${Math.floor(++hosts / 250)}.${hosts % 250}`;

/** Somebody with a password that was set by key. */
async function addPerson() {
  const someone = await addUser(platform, `person-${people++}@lab.example`);
  const { status } = await call('PUT', 'users/me/password/', { password: PASSWORD }, someone.key);
  expect(status).toBe(204);
  const { body } = await call('GET', 'users/me/', undefined, someone.key);
  return { ...someone, email: body.email as string };
}

const tryPassword = (email: string, password: string, from = address()) =>
  trySignIn(platform, { email, password }, { 'x-forwarded-for': from });

async function asPage(session: SignedIn, method: string, path: string, body?: unknown) {
  const answer = await fetch(new URL(`/api/v2/${path}`, platform.url), {
    method,
    headers: { ...session.headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
}
const works = async (session: SignedIn) => (await asPage(session, 'GET', 'users/me/')).status === 200;

describe('a password', () => {
  test('signs in with its address, in upper or lower case, and nobody without it', async () => {
    const { email, key } = await addPerson();
    expect((await call('GET', 'users/me/', undefined, key)).body.hasPassword).toBe(true);
    for (const written of [email, email.toUpperCase(), ` ${email} `]) {
      const answer = await tryPassword(written, PASSWORD);
      expect(await answer.clone().json()).toMatchObject({ way: 'password', user: { email } });
      expect(await works(await sessionOf(platform, answer))).toBe(true);
    }
    for (const wrong of ['', ` ${PASSWORD}`, PASSWORD.toUpperCase(), key]) {
      expect([401, 400]).toContain((await tryPassword(email, wrong)).status);
    }
  });

  test('is refused in the same words whoever it is for', async () => {
    const { email } = await addPerson();
    const without = await addUser(platform, 'without@lab.example');
    const locked = await addPerson();
    await call('PATCH', `users/${locked.id}/`, { isActive: false });
    const words = new Set<string>();
    for (const [who, password] of [
      [email, 'wrong password'],
      ['nobody@lab.example', PASSWORD],
      ['without@lab.example', PASSWORD],
      [locked.email, PASSWORD],
    ] as const) {
      const answer = await tryPassword(who, password);
      expect(answer.status).toBe(401);
      words.add(await answer.text());
    }
    expect(words.size).toBe(1);
    expect(await tryKey(platform, without.key)).toBe(200);
  });

  test.each([
    ['short', 'too short'],
    ['aaaaaaaaaaaaaaa', 'of one sign'],
    ['x'.repeat(1001), 'too long'],
  ])('is not %j: %s', async (password) => {
    const someone = await addUser(platform, `weak-${people++}@lab.example`);
    const answer = await call('PUT', 'users/me/password/', { password }, someone.key);
    expect([answer.status, Object.keys(answer.body)]).toEqual([400, ['password']]);
    expect((await call('GET', 'users/me/', undefined, someone.key)).body.hasPassword).toBe(false);
  });

  test('is changed by a session only with the one before, which ends the other sessions and no key', async () => {
    const { email, key } = await addPerson();
    const here = await sessionOf(platform, await tryPassword(email, PASSWORD));
    const [there, byKey] = [
      await sessionOf(platform, await tryPassword(email, PASSWORD)),
      await signIn(platform, key),
    ];
    const change = (body: object) => asPage(here, 'PUT', 'users/me/password/', body);
    const password = 'another password';
    expect((await change({ password })).body).toEqual({ currentPassword: [expect.any(String)] });
    expect((await change({ password, currentPassword: 'wrong password' })).status).toBe(400);
    expect([await works(there), await works(here)]).toEqual([true, true]);
    expect((await change({ password, currentPassword: PASSWORD })).status).toBe(204);
    expect([await works(here), await works(there), await works(byKey)]).toEqual([true, false, false]);
    expect(await tryKey(platform, key)).toBe(200);
    expect((await tryPassword(email, PASSWORD)).status).toBe(401);
    expect((await tryPassword(email, password)).status).toBe(201);
  });

  test('and its hash are in no answer, no log and no event', async () => {
    const { email } = await addPerson();
    await tryPassword(email, 'a wrong password of mine');
    const said = platform.log() + JSON.stringify((await call('GET', 'events-log/?page_size=1000')).body);
    const users = JSON.stringify((await call('GET', 'users/?page_size=1000')).body);
    for (const secret of [PASSWORD, 'a wrong password of mine', 'argon2']) {
      expect(said + users).not.toContain(secret);
    }
  });
});

describe('wrong passwords', () => {
  test('make the next ones wait, the right one too, and end neither sessions nor keys', async () => {
    const { email, key } = await addPerson();
    const from = address();
    const session = await sessionOf(platform, await tryPassword(email, PASSWORD, from));
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => tryPassword(email, 'a wrong password', from)),
    );
    const count = (status: number) => answers.filter((each) => each.status === status).length;
    expect([count(401), count(429)]).toEqual([5, 35]);
    const slowed = await tryPassword(email, PASSWORD, from);
    expect(slowed.status).toBe(429);
    expect(Number(slowed.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await slowed.json()).toMatchObject({
      code: 'too_many_passwords',
      hint: expect.stringContaining('key'),
    });
    expect([await works(session), await tryKey(platform, key)]).toEqual([true, 200]);
    const byKey = await trySignIn(platform, { key }, { 'x-forwarded-for': from });
    expect(byKey.status).toBe(201);
    // From elsewhere, and for others from there, nothing has changed.
    expect((await tryPassword(email, PASSWORD)).status).toBe(201);
    const other = await addPerson();
    expect((await tryPassword(other.email, PASSWORD, from)).status).toBe(201);
    expect(platform.log()).toContain('many wrong passwords come from an address');
  });

  test('of somebody at a browser that is signed in are slowed as well', async () => {
    const { email } = await addPerson();
    const session = await sessionOf(platform, await tryPassword(email, PASSWORD));
    const statuses: number[] = [];
    for (let index = 0; index < 7; index++) {
      const body = { password: 'another password', currentPassword: `wrong password ${index}` };
      statuses.push((await asPage(session, 'PUT', 'users/me/password/', body)).status);
    }
    expect(statuses).toEqual([400, 400, 400, 400, 400, 429, 429]);
    expect(await works(session)).toBe(true);
  });
});

describe('a link for a new password', () => {
  const makeLink = async (userId: string, key?: string) => {
    const { status, body } = await call('POST', `users/${userId}/password-link/`, undefined, key);
    expect(status).toBe(201);
    return new URL(body.url).hash.slice('#code='.length);
  };

  test('sets one and signs in, once, and ends the sessions that there were', async () => {
    const { id, email, key } = await addPerson();
    const before = await signIn(platform, key);
    const code = await makeLink(id);
    expect((await tryPassword(email, PASSWORD)).status).toBe(201);
    const without = await trySignIn(platform, { code });
    expect([without.status, Object.keys((await without.json()) as object)]).toEqual([400, ['password']]);
    expect((await trySignIn(platform, { code, password: 'short' })).status).toBe(400);
    expect(await works(before)).toBe(true);
    const answer = await trySignIn(platform, { code, password: 'a new password' });
    expect(await works(await sessionOf(platform, answer))).toBe(true);
    expect(await works(before)).toBe(false);
    expect((await trySignIn(platform, { code, password: 'yet another one' })).status).toBe(401);
    expect((await tryPassword(email, PASSWORD)).status).toBe(401);
    expect((await tryPassword(email, 'a new password')).status).toBe(201);
    expect(await tryKey(platform, key)).toBe(200);
  });

  test('takes the place of the one before it', async () => {
    const { id } = await addPerson();
    const [first, second] = [await makeLink(id), await makeLink(id)];
    expect((await trySignIn(platform, { code: first, password: 'a new password' })).status).toBe(401);
    expect((await trySignIn(platform, { code: second, password: 'a new password' })).status).toBe(201);
  });

  test('opens once to several who come at the same time', async () => {
    const { id, email } = await addPerson();
    const code = await makeLink(id);
    const answers = await Promise.all(
      ['first password', 'second password', 'third password'].map(async (password) => ({
        password,
        status: (await trySignIn(platform, { code, password })).status,
      })),
    );
    const winners = answers.filter(({ status }) => status === 201);
    expect(winners).toHaveLength(1);
    for (const { password, status } of answers) {
      expect((await tryPassword(email, password)).status).toBe(status);
    }
  });

  test.each([
    ['is an administrator no more', { role: 'manager' }, { role: 'admin' }],
    ['is locked out', { isActive: false }, { isActive: true }],
  ])('opens nothing once whoever made it %s, nor when they are that again', async (_, taken, given) => {
    const maker = await addUser(platform, `maker-${people++}@lab.example`, { role: 'admin' });
    const { id } = await addPerson();
    const code = await makeLink(id, maker.key);
    await call('PATCH', `users/${maker.id}/`, taken);
    expect((await trySignIn(platform, { code, password: 'a new password' })).status).toBe(401);
    await call('PATCH', `users/${maker.id}/`, given);
    expect((await trySignIn(platform, { code, password: 'a new password' })).status).toBe(401);
  });

  test('ends with the key that made it, and is good after other changes of its maker', async () => {
    const maker = await addUser(platform, `maker-${people++}@lab.example`, { role: 'admin' });
    const { id } = await addPerson();
    const made = (await call('POST', 'users/me/api-keys/', { name: 'for links', userId: maker.id })).body;
    const code = await makeLink(id, made.key);
    await call('DELETE', `users/me/api-keys/${made.id}/`, undefined, maker.key);
    expect((await trySignIn(platform, { code, password: 'a new password' })).status).toBe(401);

    const again = await makeLink(id, maker.key);
    await call('PATCH', `users/${maker.id}/`, { fullName: 'Somebody Else' });
    const answer = await trySignIn(platform, { code: again, password: 'a new password' });
    expect(answer.status).toBe(201);
    // What it began is the user's own, and no key of the maker ends it.
    const session = await sessionOf(platform, answer);
    const keys = (await call('GET', 'users/me/api-keys/', undefined, maker.key)).body.results;
    await call('DELETE', `users/me/api-keys/${keys[0].id}/`, undefined, maker.key);
    expect(await works(session)).toBe(true);
  });

  test('is not made for who is locked out, and opens nothing once they are, nor when they are let in again', async () => {
    const { id } = await addPerson();
    const code = await makeLink(id);
    await call('PATCH', `users/${id}/`, { isActive: false });
    expect((await trySignIn(platform, { code, password: 'a new password' })).status).toBe(401);
    expect((await call('POST', `users/${id}/password-link/`)).body.code).toBe('user_locked_out');
    await call('PATCH', `users/${id}/`, { isActive: true });
    expect((await trySignIn(platform, { code, password: 'a new password' })).status).toBe(401);
  });
});

test('preferences of a user are kept by name, and bounded together', async () => {
  const { key } = await addUser(platform, 'preferring@lab.example');
  const path = 'users/me/preferences/';
  const change = (body: unknown) => call('PATCH', path, body, key);
  expect((await call('GET', path, undefined, key)).body).toEqual({});
  await Promise.all([change({ theme: 'dark', jobs: { columns: ['name'] } }), change({ density: 'roomy' })]);
  expect((await change({ theme: null })).body).toEqual({ jobs: { columns: ['name'] }, density: 'roomy' });
  expect((await call('GET', path, undefined, key)).body).toEqual({
    jobs: { columns: ['name'] },
    density: 'roomy',
  });
  const tooMuch = await change({ much: 'ü'.repeat(9000) });
  expect([tooMuch.status, tooMuch.body.non_field_errors[0]]).toEqual([400, expect.stringContaining('16384')]);
  expect((await change({ ' ': 1 })).status).toBe(400);
  expect((await call('GET', path)).body).toEqual({});
});
