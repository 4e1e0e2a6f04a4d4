import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runQuarry } from '../../../testing/run-quarry.ts';
import { startSmallPlatform } from '../../../testing/small-platform.ts';

const examples = JSON.parse(
  readFileSync(new URL('../../../../contract/fixtures/examples/v2.json', import.meta.url), 'utf8'),
);
const state = examples.getSystem.response;
const routes = {
  'GET /api/v2/system/': () => ({ body: state }),
  'POST /api/v2/system/catalogue/': () => ({ body: examples.rereadCatalogue.response }),
};

test('system show says what is in use, what waits and why, and what is wrong', async () => {
  await using platform = await startSmallPlatform(routes);
  const { stdout, exitCode } = await runQuarry(['system', 'show'], platform);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('48 of 64 in use');
  expect(stdout).toMatch(/Disk +\/srv\/quarry, 612 MiB of 1\.8 TiB free: that is low\n/);
  expect(stdout).toContain('core-types.toml:14: coreType.cores: must be a list of whole numbers');
  expect(stdout).toMatch(/QkzTpb .*bea@lab\.example +32 +1 +The job needs 32 cores/);
  const json = await runQuarry(['system', 'show', '--json'], platform);
  expect(JSON.parse(json.stdout)).toEqual(state);
});

test('system show --settings says where each comes from, and of a secret that it is set', async () => {
  await using platform = await startSmallPlatform(routes);
  const { stdout } = await runQuarry(['system', 'show', '--settings'], platform);
  expect(stdout).toMatch(/\ncores +64 +file\n/);
  expect(stdout).toMatch(/\nmetrics_token +set, and shown to nobody +variable\n/);
});

test('system doctor waits for what is found; an error is exit code 1', async () => {
  const found = examples.getDoctorRun.response;
  let asked = 0;
  let checks = found.checks;
  await using platform = await startSmallPlatform({
    'POST /api/v2/system/doctor/': () => ({ status: 202, body: examples.runDoctor.response }),
    'GET /api/v2/system/doctor/': () => ({
      body: ++asked === 1 ? examples.runDoctor.response : { ...found, checks },
    }),
  });
  const ran = await runQuarry(['system', 'doctor'], platform);
  expect(ran.exitCode).toBe(0);
  expect(ran.stdout).toContain('ok       database: sound\nwarning  space: Only 612 MiB are free.\n');
  checks = [{ ...found.checks[0], status: 'error' }];
  const bad = await runQuarry(['system', 'doctor', '--last', '--json'], platform);
  expect(bad.exitCode).toBe(1);
  expect(JSON.parse(bad.stdout)).toMatchObject({ ok: false, state: 'done', checks });
});

test('system doctor that could not look says why', async () => {
  const look = { ...examples.getDoctorRun.response, state: 'failed', checks: [], failure: 'It was killed.' };
  await using platform = await startSmallPlatform({
    'POST /api/v2/system/doctor/': () => ({ status: 202, body: look }),
  });
  const { exitCode, stderr } = await runQuarry(['system', 'doctor'], platform);
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining('could not look: It was killed.')]);
});

test('system reread names each mistake, and is an error then', async () => {
  await using platform = await startSmallPlatform(routes);
  const ran = await runQuarry(['system', 'reread'], platform);
  expect(ran.exitCode).toBe(1);
  expect(ran.stdout).toContain('core-types.toml:14: coreType.cores: must be');
});
