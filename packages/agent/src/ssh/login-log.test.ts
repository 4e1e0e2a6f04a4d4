import { expect, test } from 'vitest';
import { SSH_LOGIN_SORTS } from '../limits.ts';
import { type Login, LoginLog } from './login-log.ts';

const refused = (from: string): Login => ({ refusal: 'key', fingerprint: 'SHA256:x', from });

test('each sort of login is told at once, and repeated ones once more with their number', () => {
  const told: unknown[] = [];
  const log = new LoginLog((login) => told.push(login));
  const owner: Login = { refusal: null, fingerprint: 'SHA256:o', from: '127.0.0.1' };
  for (const login of [refused('::1'), owner, refused('::1'), refused('::1'), owner]) {
    log.note(login);
  }
  expect(told).toEqual([
    { ...refused('::1'), times: 1 },
    { ...owner, times: 1 },
  ]);
  log.flush();
  expect(told.slice(2)).toEqual([
    { ...refused('::1'), times: 2 },
    { ...owner, times: 1 },
  ]);
  // What goes on is told once in a while; what had stopped is told at once when it begins again.
  log.note(owner);
  expect(told).toHaveLength(4);
  log.flush();
  log.flush();
  log.note(owner);
  expect(told.slice(4)).toEqual([
    { ...owner, times: 1 },
    { ...owner, times: 1 },
  ]);
});

test('many who try from everywhere are told as a few', () => {
  const told: { times: number; from: string | null }[] = [];
  const log = new LoginLog((login) => told.push(login));
  for (let index = 0; index < 10_000; index += 1) {
    log.note(refused(`10.0.${index >> 8}.${index & 255}`));
  }
  log.flush();
  expect(told).toHaveLength(SSH_LOGIN_SORTS + 1);
  expect(told.at(-1)).toMatchObject({ from: null, fingerprint: null, times: 10_000 - SSH_LOGIN_SORTS });
});
