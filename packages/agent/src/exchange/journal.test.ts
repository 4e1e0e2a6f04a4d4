import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Journal } from './journal.ts';

const PAGE_BYTES = 4096;
const mayMount = process.getuid?.() === 0;

test.skipIf(!mayMount)(
  'an event that a full disk took in part leaves no half line before the next one',
  () => {
    const disk = mkdtempSync(join(tmpdir(), 'quarry-journal-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${8 * PAGE_BYTES}`, 'tmpfs', disk]);
    try {
      const path = join(disk, 'journal.ndjson');
      const journal = new Journal(path);
      const said = (hostname: string) =>
        journal.append({ type: 'agent_started', pid: 1, hostname, sandbox: 'none' });
      said('first');
      writeFileSync(join(disk, 'ballast'), Buffer.alloc(6 * PAGE_BYTES));
      // The disk takes the beginning of this line without an error, and then no more.
      said('x'.repeat(3 * PAGE_BYTES));
      rmSync(join(disk, 'ballast'));
      said('last');
      journal.close();
      const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
      expect(lines.map((line) => JSON.parse(line).hostname)).toEqual(['first', 'last']);
    } finally {
      execFileSync('umount', ['-l', disk]);
      rmSync(disk, { recursive: true, force: true });
    }
  },
);
