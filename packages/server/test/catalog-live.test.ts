import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCatalog } from '../src/catalog/open-catalog.ts';
import type { Catalog, Host } from '../src/catalog/types.ts';
import { watchCatalog } from '../src/catalog/watch-catalog.ts';

const host: Host = { hostname: 'test', cores: 8, memoryMb: 32_000, processorInfo: 'Test CPU', gpus: 0 };
/** How long a condition may take on a busy machine. */
const soon = { timeout: 15_000 };
const coreType = (code: string) => `[[coreType]]\ncode = "${code}"\ncores = [1]\n`;

let root: string;
let directory: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'quarry-live-'));
  directory = join(root, 'catalog');
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function write(name: string, text: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  // As editors do: a file that is just being written is empty for a moment, and so is what it says.
  await writeFile(join(root, name), text);
  await rename(join(root, name), join(directory, name));
}

/** Notices of the system alone, polling alone, and both, as sites have them. */
const ways = [
  ['notices', { debounceMs: 5, pollMs: 60_000 }],
  ['polling', { debounceMs: 60_000, pollMs: 20 }],
] as const;

describe.each(ways)('watchCatalog() by %s', (_, timing) => {
  it('tells each change, keeps quiet about broken files but for the error, and recovers', async () => {
    await write('a.toml', coreType('first'));
    const catalogs: Catalog[] = [];
    const errors: Error[] = [];
    const watch = watchCatalog(
      { directory, host, ...timing },
      (each) => catalogs.push(each),
      (each) => errors.push(each),
    );
    const codes = () => catalogs.at(-1)?.coreTypes.map(({ code }) => code);
    try {
      // The watch is sure to stand once it has told a change.
      await expect
        .poll(async () => {
          await write('a.toml', coreType(`second${Math.random().toString(36).slice(2)}`));
          return codes();
        }, soon)
        .toBeDefined();

      await write('a.toml', 'code = ');
      await expect.poll(() => errors.length, soon).toBeGreaterThan(0);
      expect(errors[0]?.message).toMatch(/catalog\/a\.toml:1: /);

      await write('new', coreType('third'));
      await rename(join(directory, 'new'), join(directory, 'a.toml'));
      await expect.poll(codes, soon).toEqual(['third']);

      await write('b.yaml', 'coreType: [{code: fourth, cores: [1]}]\n');
      await expect.poll(codes, soon).toEqual(['third', 'fourth']);

      await rm(join(directory, 'a.toml'));
      await expect.poll(codes, soon).toEqual(['fourth']);
    } finally {
      await watch.close();
    }
  });
});

describe('watchCatalog()', () => {
  it('sees a directory that comes later and one that goes', async () => {
    const catalogs: Catalog[] = [];
    const errors: Error[] = [];
    const options = { directory, host, debounceMs: 5, pollMs: 20 };
    const watch = watchCatalog(
      options,
      (each) => catalogs.push(each),
      (error) => errors.push(error),
    );
    try {
      await expect
        .poll(async () => {
          await write('a.toml', coreType('later'));
          return catalogs.at(-1)?.coreType('later');
        }, soon)
        .toBeDefined();
      await rm(directory, { recursive: true });
      await expect.poll(() => catalogs.at(-1)?.coreType('granite'), soon).toBeDefined();
      expect(errors).toEqual([]);
    } finally {
      await watch.close();
    }
  });

  it('tells nothing after it was closed', async () => {
    await write('a.toml', coreType('first'));
    const told: unknown[] = [];
    const options = { directory, host, debounceMs: 1, pollMs: 5 };
    const watch = watchCatalog(
      options,
      (each) => told.push(each),
      (each) => told.push(each),
    );
    await watch.close();
    const count = told.length;
    await write('a.toml', coreType('second'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(told).toHaveLength(count);
  });
});

describe('openCatalog()', () => {
  const options = (more: object = {}) => ({
    directory,
    host,
    cacheDirectory: join(root, 'cache'),
    environment: { PATH: `${join(root, 'bin')}:/usr/bin:/bin`, MODULEPATH: '', HOME: join(root, 'home') },
    debounceMs: 5,
    pollMs: 20,
    ...more,
  });

  async function ccx(script: string): Promise<void> {
    await mkdir(join(root, 'bin'), { recursive: true });
    await writeFile(join(root, 'bin/ccx'), `#!/bin/sh\n${script}\n`);
    await chmod(join(root, 'bin/ccx'), 0o755);
  }

  it('does not wait for the scan, adds what it found, and has it at once the next time', async () => {
    await ccx(`while ! [ -e ${join(root, 'go')} ]; do sleep 0.02; done; echo Version 2.21`);
    {
      const told: Catalog[] = [];
      await using live = await openCatalog(options({ onChange: (each: Catalog) => told.push(each) }));
      expect(live.current.analysis('calculix')).toBeUndefined();
      expect(live.current.version('user_included')?.code).toBe('0');
      await writeFile(join(root, 'go'), '');
      await live.scanned;
      expect(live.current.version('calculix')).toMatchObject({
        code: '2.21',
        allowedCoreTypes: expect.arrayContaining(['granite']),
      });
      expect(told).toEqual([live.current]);
    }
    await using again = await openCatalog(options());
    expect(again.current.version('calculix')?.code).toBe('2.21');
  });

  it('keeps the last good catalogue while a file is broken, also when the scan ends meanwhile', async () => {
    await ccx(`while ! [ -e ${join(root, 'go')} ]; do sleep 0.02; done; echo Version 2.21`);
    await write('a.toml', coreType('good'));
    const errors: Error[] = [];
    await using live = await openCatalog(options({ onError: (error: Error) => errors.push(error) }));
    await expect
      .poll(async () => {
        await write('a.toml', `broken ${Math.random()}`);
        return errors.length;
      }, soon)
      .toBeGreaterThan(0);
    await writeFile(join(root, 'go'), '');
    await live.scanned;
    expect(live.current.coreType('good')).toBeDefined();
    await write('a.toml', coreType('better'));
    await expect.poll(() => live.current.coreType('better'), soon).toBeDefined();
    expect(live.current.version('calculix')?.code).toBe('2.21');
  });

  it('refuses to start on mistakes, in words', async () => {
    await write('a.toml', '[[coreType]]\ncode = 1\ncores = [1]\n');
    await expect(openCatalog(options())).rejects.toThrow(
      /a mistake; .*\ncatalog\/a\.toml:2: coreType\.code: /,
    );
  });

  it('ends the scan when it is closed', async () => {
    await ccx('sleep 600');
    const live = await openCatalog(options());
    await live.close();
    await live.scanned;
    expect(live.current.analysis('calculix')).toBeUndefined();
  });
});
