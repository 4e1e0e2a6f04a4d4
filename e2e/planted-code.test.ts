/**
 * Node runs what lies in a compile cache as it is. Whoever can write to the place of another user's cache can put code
 * there that this user then runs: these tests do so, as another user of the host, in every place that could be reached.
 */
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { startPlatform } from '../packages/server/testing/start-platform.ts';
import { jobWithStatus, submitCommand } from './support/jobs.ts';

const isRoot = process.geteuid?.() === 0;
const SOMEBODY = '1234';
/** A server that starts after all would go on for ever. */
const SAY_MS = 20_000;
/** An entry of a cache: five numbers of four bytes, the last of which is a checksum of what follows. */
const HEADER_BYTES = 20;
const CHECKSUM_AT = 16;

interface Program {
  name: string;
  args: string[];
  /** Words of the program, and those of the same length that the planted code says instead. */
  words: string;
  planted: string;
}

const pathOf = (path: string) => fileURLToPath(new URL(`../packages/${path}`, import.meta.url));
const PROGRAMS: Program[] = [
  {
    name: 'the command line',
    args: [pathOf('cli/bin/quarry.js'), 'nonsense'],
    ...{ words: 'There is no command', planted: 'PLANTED no  command' },
  },
  {
    name: 'the server',
    args: [pathOf('server/src/main.ts'), '--port', '70000'],
    ...{ words: 'a whole number', planted: 'PLANTED number' },
  },
  {
    name: 'an agent',
    args: [pathOf('agent/src/main.ts'), '/does/not/exist.json'],
    ...{ words: 'cannot be read', planted: 'PLANTED to red' },
  },
];

/** What the program says; it ends with an error in any case. */
function say({ args }: Program, variables: Record<string, string>, more: string[] = []): Promise<string> {
  const env = { PATH: process.env.PATH ?? '', ...variables };
  return new Promise((resolve) => {
    execFile(process.execPath, [...args, ...more], { env, timeout: SAY_MS }, (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
}

/** A cache in which the words of a program are replaced, as its checksums allow. */
async function plant(program: Program, cache: string): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) {
    await say(program, { NODE_COMPILE_CACHE: cache });
  }
  const [version] = readdirSync(cache);
  let planted = 0;
  for (const name of readdirSync(join(cache, version!))) {
    const path = join(cache, version!, name);
    const entry = readFileSync(path);
    for (let at = entry.indexOf(program.words); at >= 0; at = entry.indexOf(program.words, at + 1)) {
      entry.write(program.planted, at, 'latin1');
      planted += 1;
    }
    entry.writeUInt32LE(crc32(entry.subarray(HEADER_BYTES)), CHECKSUM_AT);
    writeFileSync(path, entry);
  }
  expect(planted).toBeGreaterThan(0);
  execFileSync('chmod', ['-R', 'a+rX', cache]);
}

const asSomebody = (command: string, args: string[]) =>
  execFileSync('setpriv', [`--reuid=${SOMEBODY}`, `--regid=${SOMEBODY}`, '--clear-groups', command, ...args]);

describe.skipIf(!isRoot).for(PROGRAMS)('$name does not run what another user has planted', (program) => {
  test('in the temporary directory that all share, nor where its own cache would be', async () => {
    await using shared = await mkdtempDisposable(join(tmpdir(), 'quarry-shared-'));
    await using home = await mkdtempDisposable(join(tmpdir(), 'quarry-home-'));
    chmodSync(shared.path, 0o1777);
    const made = join(home.path, 'made');
    await plant(program, made);
    chmodSync(home.path, 0o711);
    const places = ['node-compile-cache', 'quarry/compile', 'data/cache/compile'].map((each) =>
      join(shared.path, each),
    );
    for (const place of places) {
      asSomebody('mkdir', ['-p', join(place, '..')]);
      asSomebody('cp', ['-r', made, place]);
      // It is the real thing: whoever names the place gets what lies there.
      expect(await say(program, { NODE_COMPILE_CACHE: place })).toContain(program.planted);
    }
    const variables = { TMPDIR: shared.path, HOME: home.path };
    const further: Record<string, string>[] = [
      {},
      { XDG_CACHE_HOME: shared.path },
      { QUARRY_DATA: join(shared.path, 'data') },
      { HOME: shared.path },
    ];
    for (const more of further) {
      const said = await say(program, { ...variables, ...more });
      expect(said).toContain(program.words);
      expect(said).not.toContain('PLANTED');
    }
    // Eight starts, most of them without anything compiled.
  }, 120_000);
});

test('an agent gets the cache of its server, which lies in the data directory', async () => {
  await using platform = await startPlatform({ environment: { NODE_COMPILE_CACHE: '' } });
  const id = await submitCommand(platform, 'sleep 60');
  await jobWithStatus(platform, id, 'Executing');
  const [cluster] = readdirSync(join(platform.dataDir, 'clusters'));
  const lock = readFileSync(join(platform.dataDir, 'clusters', cluster!, 'agent.lock'), 'utf8');
  const variables = readFileSync(`/proc/${JSON.parse(lock).pid}/environ`, 'utf8').split('\0');
  const cache = join(platform.dataDir, 'cache', 'compile');
  expect(variables).toContain(`NODE_COMPILE_CACHE=${cache}`);
  expect(statSync(cache).mode & 0o777).toBe(0o700);
});

test.skipIf(!isRoot)(
  'a server run by root takes no data directory that another user has prepared for it',
  async () => {
    await using shared = await mkdtempDisposable(join(tmpdir(), 'quarry-shared-'));
    chmodSync(shared.path, 0o1777);
    const data = join(shared.path, 'data');
    asSomebody('mkdir', [data]);
    const said = await say({ ...PROGRAMS[1]!, args: [pathOf('server/src/main.ts')] }, {}, [
      '--data',
      data,
      '--port',
      '0',
    ]);
    expect(said).toMatch(/data belongs to another user \(1234\).*chown/);
    expect(readdirSync(data)).toEqual([]);
  },
);
