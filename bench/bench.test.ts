import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

/** All of them are tried in `e2e/benchmarks.test.ts`. */
test('a benchmark measures both sides and prints its figures', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, 'download', '--tiny']);
  expect(stdout).toMatch(/^download: /);
  expect(stdout).toMatch(/^ {2}peer: /m);
  expect(stdout).toMatch(/^ {2}=> .+: .+ \(at (most|least) /m);
  expect(stdout).toContain('none of the figures counts');
});

test('an unknown benchmark is refused with the list of those that are there', async () => {
  const refused = promisify(execFile)(process.execPath, [MAIN, 'speed']);
  await expect(refused).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/There is no benchmark speed[\s\S]+ {2}latency /),
  });
});
