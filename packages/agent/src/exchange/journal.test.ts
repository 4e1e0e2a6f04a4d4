import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Journal } from './journal.ts';
import { Reserve } from './reserve.ts';

const PAGE_BYTES = 4096;
const mayMount = process.getuid?.() === 0;

/** A disk of so many pages, and a journal on it that is told of hosts. */
async function onDisk(
  pages: number,
  reserve: boolean,
  look: (disk: {
    path: string;
    journal: Journal;
    say: (hostname: string) => void;
    said: () => string[];
  }) => void,
): Promise<void> {
  const path = mkdtempSync(join(tmpdir(), 'quarry-journal-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${pages * PAGE_BYTES}`, 'tmpfs', path]);
  try {
    const file = join(path, 'journal.ndjson');
    const aside = reserve ? new Reserve(join(path, 'journal.reserve'), 8 * PAGE_BYTES) : null;
    await aside?.setAside();
    const journal = new Journal(file, aside);
    const say = (hostname: string) =>
      journal.append({ type: 'agent_started', pid: 1, hostname, sandbox: 'none' });
    const said = () => {
      const lines = readFileSync(file, 'utf8').split('\n');
      expect(lines.pop()).toBe('');
      return lines.map((line) => JSON.parse(line).hostname.slice(0, 5));
    };
    look({ path, journal, say, said });
    journal.close();
  } finally {
    execFileSync('umount', ['-l', path]);
    rmSync(path, { recursive: true, force: true });
  }
}

const fill = (path: string) => {
  const ballast = openSync(join(path, 'ballast'), 'a');
  try {
    for (;;) {
      writeSync(ballast, Buffer.alloc(PAGE_BYTES));
    }
  } catch {
    // Nothing more fits.
  } finally {
    closeSync(ballast);
  }
};

describe.skipIf(!mayMount)('on a full disk', () => {
  test('an event that was taken in part leaves no half line, and is written before the next one that fits', async () => {
    await onDisk(8, false, ({ path, say, said }) => {
      say('first');
      writeFileSync(join(path, 'ballast'), Buffer.alloc(6 * PAGE_BYTES));
      // The disk takes the beginning of this line without an error, and then no more.
      say('large'.repeat(PAGE_BYTES));
      expect(said()).toEqual(['first']);
      rmSync(join(path, 'ballast'));
      say('after');
      expect(said()).toEqual(['first', 'large', 'after']);
    });
  });

  test('what the server has made durable meanwhile need not be written any more', async () => {
    await onDisk(8, false, ({ path, journal, say, said }) => {
      say('first');
      fill(path);
      say('large'.repeat(PAGE_BYTES));
      say('other'.repeat(PAGE_BYTES));
      journal.acknowledge(2);
      rmSync(join(path, 'ballast'));
      say('after');
      expect(said()).toEqual(['first', 'other', 'after']);
    });
  });

  test('the end of a run is written to the space that was set aside', async () => {
    await onDisk(32, true, ({ path, say, said }) => {
      say('first');
      fill(path);
      say('large'.repeat(PAGE_BYTES));
      expect(said()).toEqual(['first', 'large']);
      expect(readdirSync(path).sort()).toEqual(['ballast', 'journal.ndjson']);
    });
  });
});

test('the space set aside is really taken, made again when it was given back, and gone with the journal', async () => {
  await using base = await mkdtempDisposable(join(tmpdir(), 'quarry-journal-'));
  const path = join(base.path, 'journal.reserve');
  const reserve = new Reserve(path, 64 * PAGE_BYTES);
  await reserve.setAside();
  expect(statSync(path).blocks * 512).toBeGreaterThanOrEqual(64 * PAGE_BYTES);
  expect(reserve.release()).toBe(true);
  expect(reserve.release()).toBe(false);
  const next = new Reserve(path, PAGE_BYTES);
  const journal = new Journal(join(base.path, 'journal.ndjson'), next);
  journal.close();
  // What was under way ends without leaving anything.
  await next.setAside();
  expect(readdirSync(base.path)).toEqual(['journal.ndjson']);
});
