import { FileExistsError, LocalFileError, type LocalFileProblem } from '@quarry/sdk';
import { expect, test } from 'vitest';
import { describeError } from './errors.ts';

test.each<[LocalFileProblem, number]>([
  ['disk_full', 10],
  ['permission_denied', 11],
  ['read_only', 12],
  ['name_too_long', 13],
  ['is_directory', 14],
  ['busy', 15],
  ['not_found', 2],
  ['not_a_file', 2],
  ['not_directory', 2],
  ['leads_outside', 2],
  ['failed', 1],
])('a local file that is in the way as %s ends with %i, in its own words', async (problem, exitCode) => {
  const error = new LocalFileError(problem, 'What is wrong.', { hint: 'What to do.' });
  expect(await describeError(error)).toEqual({
    report: { code: problem, message: 'What is wrong.', hint: 'What to do.' },
    exitCode,
  });
});

test.each([
  ['ENOSPC', 10],
  ['EDQUOT', 10],
  ['EACCES', 11],
  ['EPERM', 11],
  ['EROFS', 12],
  ['ENAMETOOLONG', 13],
  ['EISDIR', 14],
  ['ENOENT', 2],
  ['ENOTDIR', 2],
])('what the system says as %s ends with %i, and names the file', async (code, exitCode) => {
  const described = await describeError(Object.assign(new Error(code), { code, path: '/srv/mesh.inp' }));
  expect(described.exitCode).toBe(exitCode);
  expect(described.report.message).toContain('/srv/mesh.inp');
  expect(described.report.hint).toBeTruthy();
});

test('a file that is there already is a matter of the command line', async () => {
  expect((await describeError(new FileExistsError('mesh.inp exists already.'))).exitCode).toBe(2);
});
