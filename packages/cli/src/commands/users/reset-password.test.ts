import { expect, test } from 'vitest';
import { runQuarry } from '../../../testing/run-quarry.ts';
import { page, startSmallPlatform } from '../../../testing/small-platform.ts';

const url = 'http://h.example/sign-in/#code=x';
const dateExpires = '2026-01-06T09:00:00.000000Z';
const users = ['ann@lab.example', 'joann@lab.example'].map((email, index) => ({ id: `User${index}`, email }));
const routes = {
  'GET /api/v2/users/': () => ({ body: page([...users].reverse()) }),
  'POST /api/v2/users/User0/password-link/': () => ({ status: 201, body: { url, dateExpires } }),
};

test('a user is named by address or id, and the link alone goes to standard output', async () => {
  await using platform = await startSmallPlatform(routes);
  for (const named of ['ann@lab.example', 'ANN@lab.example', 'User0']) {
    const ran = await runQuarry(['users', 'reset-password', named], platform);
    expect(ran).toMatchObject({ exitCode: 0, stdout: `${url}\n` });
    expect(ran.stderr).toContain('For ann@lab.example');
  }
  const { stdout } = await runQuarry(['users', 'reset-password', 'User0', '--json'], platform);
  expect(JSON.parse(stdout)).toEqual({ url, dateExpires, user: 'ann@lab.example' });
});

test('nobody of that name is said in words, and no link is made', async () => {
  await using platform = await startSmallPlatform(routes);
  const ran = await runQuarry(['users', 'reset-password', 'an@lab.example'], platform);
  expect([ran.exitCode, ran.stderr]).toEqual([
    4,
    expect.stringContaining('There is no user an@lab.example.'),
  ]);
  expect(platform.requests).toEqual(['GET /api/v2/users/']);
});
