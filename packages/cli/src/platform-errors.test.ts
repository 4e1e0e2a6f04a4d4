import { describe, expect, test } from 'vitest';
import { runQuarry } from '../testing/run-quarry.ts';
import { startSmallPlatform } from '../testing/small-platform.ts';

describe('an answer of the platform becomes an exit code', () => {
  test.each([
    [400, 5, 'refused'],
    [401, 3, 'not_authenticated'],
    [403, 3, 'not_permitted'],
    [404, 4, 'not_found'],
    [409, 5, 'refused'],
    [413, 5, 'refused'],
  ])('%i ends with %i', async (status, expected, code) => {
    await using platform = await startSmallPlatform({
      'GET /api/v2/files/abcDEF/': () => ({ status, body: { detail: 'In words.' } }),
    });
    const { exitCode, stdout, stderr } = await runQuarry(['files', 'show', 'abcDEF', '--json'], platform);
    const { error } = JSON.parse(stderr);
    expect({ exitCode, stdout, code: error.code, status: error.status }).toEqual({
      exitCode: expected,
      stdout: '',
      code,
      status,
    });
    expect(error.message).toContain('In words.');
  });

  test('field errors are told with their names', async () => {
    await using platform = await startSmallPlatform({
      'POST /api/v2/projects/': () => ({ status: 400, body: { name: ['This field may not be blank.'] } }),
    });
    const { exitCode, stderr } = await runQuarry(['projects', 'create', ' '], platform);
    expect(exitCode).toBe(5);
    expect(stderr).toContain('name: This field may not be blank.');
  });

  test('an address where nothing listens ends with 6', async () => {
    const environment = { RESCALE_API_BASE_URL: 'http://127.0.0.1:2', RESCALE_API_KEY: 'a'.repeat(40) };
    const { exitCode, stderr } = await runQuarry(['jobs', 'delete', 'x', '--timeout', '5'], { environment });
    expect(exitCode).toBe(6);
    expect(stderr).toContain('quarry serve');
  });
});
