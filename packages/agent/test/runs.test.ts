import { expect, test } from 'vitest';
import { logTexts, TestPlatform } from './platform.ts';

test('a command runs, its output is logged and its files are listed with their digests', async () => {
  await using platform = await new TestPlatform().start();
  const run = await platform.run(['echo hello; echo 42 > result.txt']);
  expect(run).toMatchObject({ outcome: 'success', exitCode: 0, failure: null, skipped: [] });
  expect(logTexts(run.log)).toEqual([
    `Launching echo hello; echo 42 > result.txt, Working dir: ${run.directory}/home/work.  Process output follows:`,
    'hello',
    'Exited with code 0',
    '',
  ]);
  expect(run.outputs.map(({ relativePath }) => relativePath)).toEqual(['result.txt', 'process_output.log']);
});
