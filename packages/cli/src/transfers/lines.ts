import type { Style } from '../io.ts';
import { count, formatBytes, formatDuration } from '../output/human.ts';
import { textWidth, truncate } from '../output/width.ts';
import type { Reach, TransferTally } from './tally.ts';

export type Paint = (format: Style, text: string) => string;

const BAR_COLUMNS = [24, 12];
const BYTES_COLUMNS = '1023 MiB of 1023 MiB'.length;
const SPEED_COLUMNS = '1023 KiB/s'.length;
/** Share, bytes, speed and time left, the last one as long as it mostly is. */
const NUMBERS_COLUMNS = 4 + 2 + BYTES_COLUMNS + 2 + SPEED_COLUMNS + 2 + '59 s left'.length;
const SHORTEST_NAME = 8;
const LONGEST_NAME = 36;
const MOST_FILES = 4;
/** Smaller files come and go too fast to be read, unless they take long. */
const SHOWN_BYTES = 1024 * 1024;
const SHOWN_AFTER_MS = 700;

export interface LinesOptions {
  /** What is transferred, where it is a single file. */
  label: string;
  nameOf: (path: string) => string;
  now: number;
  columns: number;
  paint: Paint;
}

/** A transfer as the lines of a terminal: files under way, and the sum where there is more than one. */
export function renderTransfer(tally: TransferTally, options: LinesOptions): string[] {
  const { now, columns, paint, nameOf } = options;
  const total = tally.total();
  const active = tally.active();
  const single = reachOfSingle(tally);
  if (single) {
    return renderRows([{ name: options.label, reach: single }], columns, paint);
  }
  const shown = active
    .filter(({ reach, beganAt }) => (reach.totalBytes ?? 0) >= SHOWN_BYTES || now - beganAt > SHOWN_AFTER_MS)
    .slice(0, MOST_FILES);
  const files =
    total.files === null
      ? count(total.filesDone, 'file')
      : `${total.filesDone} of ${count(total.files, 'file')}`;
  const rows = shown.map(({ path, reach }) => ({ name: nameOf(path), reach }));
  return renderRows([...rows, { name: files, reach: total }], columns, paint);
}

/** How far a transfer of one file is; undefined where there are more. */
function reachOfSingle(tally: TransferTally): Reach | undefined {
  const total = tally.total();
  const active = tally.active();
  const isSingle = total.files === null ? active.length <= 1 && total.filesDone === 0 : total.files <= 1;
  return isSingle ? (active[0]?.reach ?? total) : undefined;
}

interface Row {
  name: string;
  reach: Reach;
}

/** Names and how far they have come, in columns that stay where they are while numbers change. */
function renderRows(rows: readonly Row[], columns: number, paint: Paint): string[] {
  const longest = Math.max(...rows.map(({ name }) => textWidth(name)));
  const nameColumns = Math.min(longest, LONGEST_NAME, Math.max(SHORTEST_NAME, Math.floor(columns / 4)));
  const room = columns - nameColumns - 2;
  const barColumns = BAR_COLUMNS.find((bar) => bar + 2 + NUMBERS_COLUMNS <= room);
  return rows.map(({ name, reach }) => {
    const shown = truncate(name, nameColumns);
    const start = `${shown}${' '.repeat(nameColumns - textWidth(shown))}  `;
    for (const choice of choicesFor(reach, barColumns, paint)) {
      const line = `${start}${choice.join('  ')}`.trimEnd();
      if (textWidth(line) <= columns) {
        return line;
      }
    }
    return truncate(name, columns);
  });
}

/** What may stand beside a name, the best first: what matters least goes first where there is no room. */
function choicesFor(reach: Reach, barColumns: number | undefined, paint: Paint): string[][] {
  const { transferredBytes, totalBytes, bytesPerSecond, secondsLeft } = reach;
  const speed = (bytesPerSecond >= 1 ? `${formatBytes(bytesPerSecond)}/s` : '').padEnd(SPEED_COLUMNS);
  if (totalBytes === null || totalBytes === 0) {
    const bytes = formatBytes(transferredBytes).padEnd(BYTES_COLUMNS);
    return [[bytes, speed], [bytes.trimEnd()]];
  }
  const part = Math.min(1, transferredBytes / totalBytes);
  const share = `${Math.floor(part * 100)}%`.padStart(4);
  const bytes = `${formatBytes(transferredBytes)} of ${formatBytes(totalBytes)}`.padEnd(BYTES_COLUMNS);
  const left = secondsLeft !== null && part < 1 ? `${formatDuration(secondsLeft)} left` : '';
  const numbers = [share, bytes, speed];
  const others = [[...numbers, left], numbers, [share, speed, left], [share, left], [share]];
  if (barColumns === undefined) {
    return others;
  }
  const filled = Math.round(part * barColumns);
  const bar = paint('cyan', '█'.repeat(filled) + '░'.repeat(barColumns - filled));
  return [[bar, ...numbers, left], [bar, ...numbers], ...others];
}

/** The same in one sentence, for a log. */
export function describeReach(tally: TransferTally): string {
  const { files, filesDone, ...all } = tally.total();
  const { transferredBytes, totalBytes, bytesPerSecond, secondsLeft } = reachOfSingle(tally) ?? all;
  const parts: string[] = [];
  if (totalBytes === null || totalBytes === 0) {
    parts.push(formatBytes(transferredBytes));
  } else {
    const share = Math.floor(Math.min(1, transferredBytes / totalBytes) * 100);
    parts.push(`${share}%, ${formatBytes(transferredBytes)} of ${formatBytes(totalBytes)}`);
  }
  if (files !== null && files > 1) {
    parts.push(`${filesDone} of ${count(files, 'file')}`);
  } else if (files === null && filesDone > 0) {
    parts.push(count(filesDone, 'file'));
  }
  if (bytesPerSecond >= 1) {
    parts.push(`${formatBytes(bytesPerSecond)}/s`);
  }
  if (secondsLeft !== null) {
    parts.push(`${formatDuration(secondsLeft)} left`);
  }
  return parts.join(', ');
}
