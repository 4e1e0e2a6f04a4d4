import { describe, expect, test } from 'vitest';
import { runQuarry } from '../testing/run-quarry.ts';
import { startSmallPlatform } from '../testing/small-platform.ts';
import { version } from './version.ts';

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

  test('a call that an older server lacks names both versions, and ends with 4', async () => {
    await using platform = await startSmallPlatform({
      'GET /api/v2/events-log/': () => ({
        status: 404,
        headers: { 'quarry-version': '0.0.1' },
        body: { detail: 'There is nothing at /api/v2/events-log/.', code: 'unknown_path' },
      }),
    });
    const { exitCode, stderr } = await runQuarry(['events'], platform);
    expect([exitCode, stderr]).toEqual([
      4,
      `error: The server is Quarry 0.0.1 and has no call GET /api/v2/events-log/; this client is ${version}.\n` +
        'The server is older: ask whoever runs it to update it, or use a client of its version.\n',
    ]);
  });

  test('another platform is told from a Quarry that is older', async () => {
    await using platform = await startSmallPlatform({
      'GET /api/v2/events-log/': () => ({ status: 404, body: {} }),
    });
    const { exitCode, stderr } = await runQuarry(['events', '--json'], platform);
    expect(exitCode).toBe(4);
    expect(JSON.parse(stderr).error).toMatchObject({
      code: 'unknown_call',
      message: expect.stringContaining('It does not say that it is a Quarry server'),
      hint: expect.stringContaining('Other platforms'),
    });
  });

  test('what is the fault of the platform is told with the id of the request, everything else when asked to', async () => {
    const headers = { 'x-request-id': 'r-1' };
    await using platform = await startSmallPlatform({
      'GET /api/v2/users/': () => ({ status: 501, headers, body: { detail: 'A mistake.' } }),
      'GET /api/v2/files/abcDEF/': () => ({ status: 404, headers, body: { detail: 'Not found.' } }),
    });
    expect((await runQuarry(['users', 'list'], platform)).stderr).toContain('answered 501, request r-1)');
    const missing = ['files', 'show', 'abcDEF'];
    expect((await runQuarry(missing, platform)).stderr).not.toContain('r-1');
    expect((await runQuarry([...missing, '--verbose'], platform)).stderr).toContain('\nrequest r-1\n');
    const { error } = JSON.parse((await runQuarry([...missing, '--json'], platform)).stderr);
    expect(error.requestId).toBe('r-1');
  });
});
