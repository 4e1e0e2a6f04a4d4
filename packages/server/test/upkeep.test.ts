import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startPlatform } from '../testing/start-platform.ts';
import { runJob, until } from './platform-harness.ts';

const mayMount = process.getuid?.() === 0;

test.skipIf(!mayMount)(
  'a directory that cannot be removed is named once in the log, and keeps no other from being removed',
  async () => {
    await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-upkeep-'));
    const data = join(base.path, 'data');
    const clusters = join(data, 'clusters');
    const busy = join(clusters, 'AAAAAA', 'runs', 'mount');
    {
      await using platform = await startPlatform({ data });
      await platform.stop();
    }
    await mkdir(busy, { recursive: true });
    await mkdir(join(clusters, 'BBBBBB', 'runs'), { recursive: true });
    await writeFile(join(clusters, 'BBBBBB', 'runs', 'left'), 'by a crash');
    // What is mounted there cannot be removed, not even by root.
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', busy]);
    try {
      await using platform = await startPlatform({ data });
      const tells = () =>
        platform
          .log()
          .split('\n')
          .filter((line) => line.includes('could not be removed'));
      await until(
        async () => tells().length > 0 && !existsSync(join(clusters, 'BBBBBB')),
        'the rest to be gone',
      );
      expect(JSON.parse(tells()[0]!)).toMatchObject({
        ...{ level: 50, path: join(clusters, 'AAAAAA') },
        left: expect.stringContaining('AAAAAA/runs/mount'),
      });
      await runJob(platform);
      expect(tells()).toHaveLength(1);
    } finally {
      execFileSync('umount', ['-l', busy]);
    }
  },
);
