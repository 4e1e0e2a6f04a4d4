import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

/** Times are for the benchmarks themselves; here counts only that each still measures what it says. */
test.each(['latency', 'start', 'api', 'download', 'sweep'])(
  'the benchmark %s measures both sides and prints its figures',
  { timeout: 120_000 },
  async (name) => {
    const { stdout } = await promisify(execFile)(process.execPath, [MAIN, name, '--tiny']);
    expect(stdout).toMatch(new RegExp(`^${name}: `));
    expect(stdout).toMatch(/^ {2}peer: /m);
    expect(stdout).toMatch(/^ {2}=> .+: .+ \(at (most|least) /m);
  },
);

test('an unknown benchmark is refused with the list of those that are there', async () => {
  const refused = promisify(execFile)(process.execPath, [MAIN, 'speed']);
  await expect(refused).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/There is no benchmark speed[\s\S]+ {2}latency /),
  });
});
