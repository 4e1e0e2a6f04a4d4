import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import { addUser, makeApiKey, type Someone, tryKey } from './platform-harness.ts';

let platform: Platform;
let member: Someone;
beforeAll(async () => {
  platform = await startPlatform();
  member = await addUser(platform, 'member@lab.example');
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const makeKey = (body: object) => makeApiKey(platform, body, member.key);
/** That it is no key, or that too many were none. */
const REFUSED = [401, 429];
const useKey = (key: string) => tryKey(platform, key);

describe('keys', () => {
  test('of 40 hexadecimal digits work once they are imported, and can be revoked', async () => {
    const key = '0123456789abcdef0123456789abcdef01234567';
    expect(await useKey(key)).toBe(401);
    const { id } = await makeKey({ name: 'from elsewhere', importedKey: key });
    expect(await useKey(key)).toBe(200);
    await platform.call('DELETE', `/api/v2/users/me/api-keys/${id}/`, undefined, member.key);
    expect(await useKey(key)).toBe(401);
  });

  test('stop at once when their user is locked out, and work again afterwards', async () => {
    const someone = await addUser(platform, 'on-and-off@lab.example');
    for (const isActive of [false, true]) {
      await platform.call('PATCH', `/api/v2/users/${someone.id}/`, { isActive });
      expect(await useKey(someone.key)).toBe(isActive ? 200 : 401);
    }
  });

  test('follow a change of role at once', async () => {
    const someone = await addUser(platform, 'promoted@lab.example');
    const lists = async () => (await platform.call('GET', '/api/v2/users/', undefined, someone.key)).status;
    expect(await lists()).toBe(403);
    await platform.call('PATCH', `/api/v2/users/${someone.id}/`, { role: 'admin' });
    expect(await lists()).toBe(200);
    await platform.call('PATCH', `/api/v2/users/${someone.id}/`, { role: 'member' });
    expect(await lists()).toBe(403);
  });

  test('that are revoked while they are in use are never accepted after the answer', async () => {
    for (let round = 0; round < 10; round++) {
      const { id, key } = await makeKey({ name: 'contended' });
      let isRevoked = false;
      const using = Array.from({ length: 20 }, async () => {
        await sleep(Math.random() * 10);
        const before = isRevoked;
        const status = await useKey(key);
        if (before) {
          expect(REFUSED).toContain(status);
        }
      });
      await platform.call('DELETE', `/api/v2/users/me/api-keys/${id}/`, undefined, member.key);
      isRevoked = true;
      await Promise.all(using);
      expect(REFUSED).toContain(await useKey(key));
    }
  });
});
