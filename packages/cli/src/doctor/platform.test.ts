import { expect, test } from 'vitest';
import { runQuarry } from '../../testing/run-quarry.ts';
import { startSmallPlatform } from '../../testing/small-platform.ts';
import { version } from '../version.ts';

async function platformCheck(serverVersion: string) {
  await using platform = await startSmallPlatform({
    'GET /api/v2/server/': () => ({ body: { name: 'Quarry', version: serverVersion } }),
    'GET /api/v2/users/me/': () => ({ body: { email: 'ann@lab.example' } }),
  });
  const { stdout } = await runQuarry(['doctor', '--json'], platform);
  const checks = JSON.parse(stdout).checks as Array<{ name: string; status: string; message: string }>;
  return checks.find(({ name }) => name === 'platform')!;
}

test('the doctor says so when the server is of another version', async () => {
  expect(await platformCheck(version)).toMatchObject({ status: 'ok' });
  expect(await platformCheck('99.0.0')).toMatchObject({
    status: 'warning',
    message: expect.stringMatching(
      new RegExp(`answers: Quarry 99\\.0\\.0 .*, and this quarry is ${version}$`),
    ),
  });
});
