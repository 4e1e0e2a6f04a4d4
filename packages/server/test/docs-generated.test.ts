import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const GENERATE = fileURLToPath(new URL('../../../scripts/generate.ts', import.meta.url));

it('keeps every generated file of docs/ as fresh as the code it is made from', async () => {
  const outcome = await promisify(execFile)(process.execPath, [GENERATE, '--check']).then(
    () => 'fresh',
    (error: { stderr: string }) => error.stderr,
  );
  expect(outcome).toBe('fresh');
});
