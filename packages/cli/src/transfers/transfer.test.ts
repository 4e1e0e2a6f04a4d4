import type { TransferEvent } from '@quarry/sdk';
import { describe, expect, test } from 'vitest';
import { Io } from '../io.ts';
import type { OutputStream } from '../output/output-stream.ts';
import { textWidth } from '../output/width.ts';
import { showTransfer, Transfer, type TransferOptions } from './transfer.ts';

const MiB = 1024 ** 2;

/** A stream that remembers, a clock that moves when told, and a transfer between them. */
function bench({
  columns,
  quiet = false,
  json = false,
  ...options
}: { columns?: number; quiet?: boolean; json?: boolean } & Partial<TransferOptions> = {}) {
  let written = '';
  let now = 0;
  const stream: OutputStream = {
    write: (chunk) => {
      written += chunk;
      return true;
    },
    ...(columns !== undefined && { isTTY: true, columns }),
  };
  const clock = { now: () => now, sleep: async () => undefined };
  const io = new Io({
    stdin: process.stdin,
    stdout: stream,
    stderr: stream,
    clock,
    json,
    quiet,
    verbose: false,
    color: false,
  });
  const transfer = new Transfer({ direction: 'down', label: 'mesh.inp', folder: '/out', ...options }, io);
  return {
    io,
    stream,
    transfer,
    written: () => written,
    /** What a person sees of it in the end. */
    screen: () => screenOf(written),
    at: (seconds: number, ...events: TransferEvent[]) => {
      now = seconds * 1000;
      for (const event of events) {
        transfer.take(event);
      }
    },
  };
}

const start = (path: string, sizeBytes: number, resumedBytes = 0): TransferEvent => ({
  type: 'start',
  path,
  sizeBytes,
  resumedBytes,
});
const progress = (path: string, transferredBytes: number, sizeBytes: number): TransferEvent => ({
  type: 'progress',
  path,
  transferredBytes,
  sizeBytes,
});
const done = (path: string, sizeBytes: number): TransferEvent => ({
  type: 'done',
  path,
  sizeBytes,
  sha512: 'ab',
});

/** A terminal small enough for a test: lines, the cursor going up, and what is taken away. */
function screenOf(written: string): string[] {
  const lines = [''];
  let row = 0;
  let column = 0;
  for (const [token] of written.matchAll(/\u001b\[\d*[A-Z]|\n|\r|[^\u001b\n\r]+/g)) {
    const up = /^\u001b\[(\d+)A$/.exec(token)?.[1];
    const line = lines[row] ?? '';
    if (up !== undefined) {
      row -= Number(up);
    } else if (token === '\r') {
      column = 0;
    } else if (token === '\n') {
      row += 1;
      column = 0;
      lines[row] ??= '';
    } else if (token.startsWith('\u001b')) {
      lines[row] = line.slice(0, column);
      if (token.endsWith('J')) {
        lines.splice(row + 1);
      }
    } else {
      lines[row] = line.slice(0, column) + token + line.slice(column + token.length);
      column += token.length;
    }
  }
  return lines;
}

describe('a transfer on a terminal', () => {
  test('is redrawn with speed and time left, and ends in one line', () => {
    const { transfer, at, written } = bench({ columns: 100 });
    at(0, start('/out/mesh.inp', 100 * MiB));
    at(1, progress('/out/mesh.inp', 10 * MiB, 100 * MiB));
    expect(written()).toMatch(/ 10% {2}10\.0 MiB of 100 MiB +10\.0 MiB\/s +9\.0 s left/);
    at(2, progress('/out/mesh.inp', 100 * MiB, 100 * MiB), done('/out/mesh.inp', 100 * MiB));
    transfer.finish();
    expect(written().endsWith('\r\u001b[JDownloaded mesh.inp (100 MiB in 2.0 s, 50.0 MiB/s)\n')).toBe(true);
  });

  test('follows a change of speed without jumping to it', () => {
    const { at, written } = bench({ columns: 100 });
    at(0, start('x', 1024 * MiB));
    at(1, progress('x', 10 * MiB, 1024 * MiB));
    at(2, progress('x', 40 * MiB, 1024 * MiB));
    const speed = Number(/.*\s([\d.]+) MiB\/s/s.exec(written())![1]);
    expect(speed).toBeGreaterThan(10);
    expect(speed).toBeLessThan(30);
  });

  test('counts neither resumed nor skipped bytes into the speed', () => {
    const { transfer, at, written } = bench({ columns: 120, label: 'outputs', files: 2, bytes: 1000 * MiB });
    at(0, { type: 'skip', path: '/out/a', sizeBytes: 400 * MiB, reason: 'same' });
    at(0, start('/out/b', 600 * MiB, 500 * MiB));
    at(1, progress('/out/b', 510 * MiB, 600 * MiB));
    expect(written()).toMatch(/ 91% {2}910 MiB of 1000 MiB +10\.0 MiB\/s +9\.0 s left/);
    expect(written()).toContain('b: going on from 500 MiB of 600 MiB, which were here already.');
    at(10, progress('/out/b', 600 * MiB, 600 * MiB), done('/out/b', 600 * MiB));
    transfer.finish();
    expect(written()).toContain(
      'Downloaded outputs (2 files, 100 MiB in 10 s, 10.0 MiB/s; 900 MiB were here already)\n',
    );
  });

  test('shows several files and the sum below each other, and leaves nothing of them', () => {
    const { transfer, at, screen } = bench({ columns: 100, label: 'outputs', files: 9, bytes: 90 * MiB });
    at(0, ...['a', 'b', 'deep/c', 'd', 'e', 'f'].map((name) => start(`/out/${name}`, 10 * MiB)));
    at(1, progress('/out/deep/c', 5 * MiB, 10 * MiB));
    expect(screen().map((line) => line.replaceAll(/\s+/g, ' '))).toEqual([
      expect.stringMatching(/^a .* 0% 0 B of 10.0 MiB$/),
      expect.stringMatching(/^b .* 0% 0 B of 10.0 MiB$/),
      expect.stringMatching(/^deep\/c .* 50% 5.0 MiB of 10.0 MiB 5.0 MiB\/s 1.0 s left$/),
      expect.stringMatching(/^d .* 0% 0 B of 10.0 MiB$/),
      expect.stringMatching(/^0 of 9 files .* 5% 5.0 MiB of 90.0 MiB 5.0 MiB\/s 17 s left$/),
    ]);
    at(2, ...['a', 'b', 'd', 'e', 'f'].map((name) => done(`/out/${name}`, 10 * MiB)));
    transfer.abandon();
    expect(screen()).toEqual(['']);
  });

  test('is never wider than the terminal, which may have become narrower', () => {
    const { stream, at, written } = bench({ columns: 100, files: 2, bytes: 20 * MiB });
    at(0, start('/out/解析'.repeat(9), 10 * MiB), start('/out/b', 10 * MiB));
    for (const [second, columns] of [100, 79, 50, 30, 12, 3].entries()) {
      const before = written().length;
      stream.columns = columns;
      at(second + 1, progress('/out/b', (second + 1) * MiB, 10 * MiB));
      const [, drawing = ''] = /^(?:\r(?:\u001b\[\d+A)?)?(.*)$/s.exec(written().slice(before))!;
      for (const line of drawing.split('\n')) {
        expect(textWidth(line)).toBeLessThan(Math.max(2, columns));
      }
    }
    // Three lines of up to 99 columns, of which 79 and then 50 are seen in a row.
    expect(written()).toMatch(/\r\u001b\[[4-9]A/);
  });

  test('keeps what is noted meanwhile above it', () => {
    const { io, transfer, at, screen } = bench({ columns: 100 });
    at(0, start('/out/mesh.inp', 2 * MiB));
    at(1, progress('/out/mesh.inp', MiB, 2 * MiB));
    io.note('Something to know.');
    expect(screen()).toEqual(['Something to know.', expect.stringContaining(' 50% ')]);
    at(2, done('/out/mesh.inp', 2 * MiB));
    transfer.finish();
    expect(screen()[0]).toBe('Something to know.');
  });

  test('shows names that can do nothing to it', () => {
    const { at, written } = bench({ columns: 100, files: 2, bytes: 4 * MiB });
    at(0, start('/out/a\u001b[2J', 2 * MiB));
    at(1, progress('/out/a\u001b[2J', MiB, 2 * MiB));
    expect(written()).toContain('a\ufffd[2J');
  });
});

describe('a transfer elsewhere', () => {
  test('is a line every few seconds and one at the end', () => {
    const { transfer, at, written } = bench();
    at(0, start('/out/mesh.inp', 12 * MiB));
    for (let second = 1; second <= 12; second++) {
      at(second, progress('/out/mesh.inp', second * MiB, 12 * MiB));
    }
    at(12, done('/out/mesh.inp', 12 * MiB));
    transfer.finish();
    expect(written().split('\n')).toEqual([
      'mesh.inp: 41%, 5.0 MiB of 12.0 MiB, 1.0 MiB/s, 7.0 s left',
      'mesh.inp: 83%, 10.0 MiB of 12.0 MiB, 1.0 MiB/s, 2.0 s left',
      'Downloaded mesh.inp (12.0 MiB in 12 s, 1.0 MiB/s)',
      '',
    ]);
  });

  test('tells retries and repairs in words, and a break of eight connections once', () => {
    const { at, written } = bench();
    const retry: TransferEvent = {
      type: 'retry',
      path: '/out/mesh.inp',
      message: 'The connection broke.',
      waitMs: 500,
    };
    at(1, ...Array.from({ length: 8 }, () => retry));
    at(2, { type: 'repair', path: '/out/mesh.inp', ranges: [{ start: 0, end: 65_536 }] });
    expect(written()).toBe(
      'mesh.inp: The connection broke. Trying again in 0.5 s.\n' +
        'mesh.inp: 64.0 KiB arrived damaged and are fetched again.\n',
    );
  });

  test('is nothing with --quiet', () => {
    const { transfer, at, written } = bench({ columns: 80, quiet: true });
    at(1, start('/out/mesh.inp', 10, 5), progress('/out/mesh.inp', 7, 10), done('/out/mesh.inp', 10));
    transfer.finish();
    expect(written()).toBe('');
  });

  test('leaves no closing line behind when it fails', async () => {
    const { io, written } = bench({ columns: 80 });
    const failing = showTransfer({ direction: 'up', label: 'x' }, io, async (transfer) => {
      transfer.take(start('x', 10));
      throw new Error('broken');
    });
    await expect(failing).rejects.toThrow('broken');
    expect(screenOf(written())).toEqual(['']);
  });
});

describe('a transfer for programs', () => {
  const tell = ({ quiet = false } = {}) => {
    const { transfer, at, written } = bench({ json: true, quiet, events: true, files: 2, bytes: 30 * MiB });
    at(0, { type: 'skip', path: '/out/a', sizeBytes: 10 * MiB, reason: 'same' });
    at(0, start('/out/b', 20 * MiB, 10 * MiB));
    for (let tenth = 1; tenth <= 20; tenth++) {
      at(tenth / 10, progress('/out/b', (10 + tenth / 10) * MiB, 20 * MiB));
    }
    at(2, { type: 'retry', path: '/out/b', message: 'Broken.', waitMs: 250 });
    at(2, { type: 'repair', path: '/out/b', ranges: [{ start: 1, end: 2 }] });
    at(4, done('/out/b', 20 * MiB));
    transfer.finish();
    return written();
  };

  test('is an event a line, and how far it is once a second', () => {
    const events = tell()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ event }) => event)).toEqual([
      'skip',
      'resume',
      'progress',
      'progress',
      'retry',
      'repair',
      'done',
    ]);
    expect(events[1]).toEqual({
      event: 'resume',
      file: '/out/b',
      resumedBytes: 10 * MiB,
      totalBytes: 20 * MiB,
    });
    expect(events[2]).toEqual({
      event: 'progress',
      file: '/out/b',
      transferredBytes: 11 * MiB,
      totalBytes: 20 * MiB,
      bytesPerSecond: MiB,
      secondsLeft: 9,
      total: {
        transferredBytes: 21 * MiB,
        totalBytes: 30 * MiB,
        bytesPerSecond: MiB,
        secondsLeft: 9,
        files: 2,
        filesDone: 1,
      },
    });
    expect(events[4]).toMatchObject({ message: 'Broken.', waitSeconds: 0.25 });
    expect(events[6]).toEqual({ event: 'done', file: '/out/b', totalBytes: 20 * MiB, sha512: 'ab' });
  });

  test('is nothing with --quiet', () => {
    expect(tell({ quiet: true })).toBe('');
  });
});
