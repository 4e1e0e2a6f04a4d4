import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdtempDisposable, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asOrdinaryUser } from '@quarry/agent/testing/as-ordinary-user';
import { expect, test } from 'vitest';
import { openDatabase } from '../src/db/open.ts';
import { createClusterDirectories } from '../src/jobs/life/cluster-directories.ts';
import type { Logger } from '../src/logger.ts';

const NEVER = new AbortController().signal;

test.skipIf(process.getuid!() !== 0)(
  'a tree that cannot be removed is told once, passed over, and removed when it can be',
  async () => {
    await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-clusters-'));
    const directory = join(base.path, 'clusters');
    mkdirSync(directory);
    for (const name of ['AAAAAA', 'BBBBBB', 'CCCCCC']) {
      mkdirSync(join(directory, name, 'runs'), { recursive: true });
      writeFileSync(join(directory, name, 'runs/file'), '');
    }
    const stubborn = join(directory, 'BBBBBB/runs/stubborn');
    mkdirSync(stubborn);
    writeFileSync(join(stubborn, 'file'), '');
    for (const path of ['', 'AAAAAA', 'BBBBBB', 'CCCCCC', 'AAAAAA/runs', 'BBBBBB/runs', 'CCCCCC/runs']) {
      chownSync(join(directory, path), 65_534, 65_534);
    }
    chmodSync(base.path, 0o755);
    await using database = await openDatabase(join(base.path, 'quarry.db'));
    const told: unknown[] = [];
    const logger = { error: (what: unknown) => told.push(what) } as unknown as Logger;
    const directories = createClusterDirectories({ directory, database, logger });
    for (let round = 0; round < 3; round += 1) {
      await asOrdinaryUser(() => directories.tidy('unknown', NEVER));
      expect(await readdir(directory)).toEqual(['BBBBBB']);
    }
    expect(told).toEqual([
      { path: join(directory, 'BBBBBB'), left: 'BBBBBB/runs/stubborn/file: permission denied (EACCES)' },
    ]);
    chownSync(stubborn, 65_534, 65_534);
    await asOrdinaryUser(() => directories.tidy('unknown', NEVER));
    expect([await readdir(directory), told.length]).toEqual([[], 1]);
  },
);
