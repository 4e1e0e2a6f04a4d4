import { expect, test } from 'vitest';
import { ADDRESSES, areParameters, paths } from './paths.ts';

/** Each parameter of a path is named by what it is. */
const built = Object.fromEntries(
  Object.entries(paths).map(([name, build]) => [
    name,
    (build as (...ids: string[]) => string)('AbCdEf', '7'),
  ]),
);

test('addresses are those that links in messages and files have', () => {
  expect(built).toMatchInlineSnapshot(`
    {
      "apiKeys": "/user/settings/api-key/",
      "appearance": "/user/settings/appearance/",
      "catalogue": "/admin/catalogue/",
      "cluster": "/clusters/AbCdEf/",
      "clusters": "/clusters/",
      "compare": "/compare/",
      "device": "/storage/AbCdEf/",
      "events": "/admin/events/",
      "file": "/files/AbCdEf/",
      "files": "/files/",
      "hardware": "/hardware/",
      "home": "/",
      "job": "/jobs/AbCdEf/",
      "jobDefinition": "/jobs/AbCdEf/definition/",
      "jobEdit": "/jobs/AbCdEf/edit/",
      "jobLog": "/jobs/AbCdEf/log/",
      "jobResults": "/jobs/AbCdEf/results/",
      "jobRuns": "/jobs/AbCdEf/runs/",
      "jobSweep": "/jobs/AbCdEf/sweep/",
      "jobs": "/jobs/",
      "managedProjects": "/admin/projects/",
      "newJob": "/jobs/new/",
      "notebook": "/notebooks/AbCdEf/",
      "profile": "/user/settings/profile/",
      "project": "/projects/AbCdEf/",
      "projects": "/projects/",
      "reference": "/api/reference/",
      "run": "/jobs/AbCdEf/runs/7/",
      "runResults": "/jobs/AbCdEf/runs/7/results/",
      "signIn": "/sign-in/",
      "software": "/software/",
      "softwareOf": "/software/AbCdEf/",
      "sshKeys": "/user/settings/ssh-keys/",
      "storage": "/storage/",
      "system": "/admin/system/",
      "templates": "/admin/templates/",
      "usage": "/usage/",
      "users": "/admin/users/",
    }
  `);
});

test('every address that is built is one that there is', () => {
  const patterns = ADDRESSES.map((address) => new RegExp(`^${address.replaceAll(/:\w+/g, '[^/]+')}$`));
  for (const path of Object.values(built).filter((path) => !path.startsWith('/api/'))) {
    expect(
      patterns.some((pattern) => pattern.test(path)),
      path,
    ).toBe(true);
  }
});

test('what cannot be an id makes no page', () => {
  expect(areParameters({ jobId: 'AbCdEf', runId: '12' })).toBe(true);
  expect(areParameters({ code: 'openfoam_2.1-x' })).toBe(true);
  expect(areParameters({ jobId: '../x' })).toBe(false);
  expect(areParameters({ jobId: '<b>' })).toBe(false);
  expect(areParameters({ jobId: 'a'.repeat(65) })).toBe(false);
});
