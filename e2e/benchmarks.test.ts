import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('../bench/main.ts', import.meta.url));
const NAMES = [
  ...['latency', 'start', 'api', 'download', 'download-limited', 'upload', 'small-files', 'cuts'],
  ...['slow-readers', 'watchers', 'sweep', 'sweep-page', 'snapshots', 'ssh', 'mesh', 'portal', 'crash'],
];
/** Without it the benchmark has no side to compare with, and says so. */
const hasSshd = existsSync('/usr/sbin/sshd');

/** Times are for the benchmarks themselves; here counts only that each still measures what it says. */
test.each(NAMES)('the benchmark %s measures and prints its figures', { timeout: 120_000 }, async (name) => {
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, name, '--tiny']);
  expect(stdout).toMatch(new RegExp(`^${name}: `));
  expect(stdout).toMatch(name === 'ssh' && !hasSshd ? /no sshd here/ : /^ {2}=> .+: .+ \(at (most|least) /m);
});

test('the list of benchmarks above has all of them', async () => {
  const { stderr } = await promisify(execFile)(process.execPath, [MAIN, '--help']);
  const listed = [...stderr.matchAll(/^ {2}([a-z-]+) +\S/gm)].map(([, name]) => name!);
  expect(listed.filter((name) => !name.startsWith('-')).toSorted()).toEqual(NAMES.toSorted());
});
