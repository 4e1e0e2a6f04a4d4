import type { Style } from '../io.ts';
import { count, formatBytes, formatDuration } from '../output/human.ts';
import { textWidth, truncate } from '../output/width.ts';
import type { Reach, TransferTally } from './tally.ts';

export type Paint = (format: Style, text: string) => string;

const BAR_COLUMNS = [24, 12];
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
  if (single) return [renderLine(options.label, single, columns, paint)];
  const shown = active
    .filter(({ reach, beganAt }) => (reach.totalBytes ?? 0) >= SHOWN_BYTES || now - beganAt > SHOWN_AFTER_MS)
    .slice(0, MOST_FILES);
  const files =
    total.files === null
      ? count(total.filesDone, 'file')
      : `${total.filesDone} of ${count(total.files, 'file')}`;
  return [
    ...shown.map(({ path, reach }) => renderLine(nameOf(path), reach, columns, paint)),
    renderLine(files, total, columns, paint),
  ];
}

/** How far a transfer of one file is; undefined where there are more. */
function reachOfSingle(tally: TransferTally): Reach | undefined {
  const total = tally.total();
  const active = tally.active();
  const isSingle = total.files === null ? active.length <= 1 && total.filesDone === 0 : total.files <= 1;
  return isSingle ? (active[0]?.reach ?? total) : undefined;
}

/** A name and how far it has come, within that many columns: what matters least goes first. */
function renderLine(name: string, reach: Reach, columns: number, paint: Paint): string {
  const parts = partsOf(reach, paint);
  const choices = [
    ...parts.bars.map((bar) => [bar, parts.share, parts.bytes, parts.speed, parts.left]),
    [parts.share, parts.bytes, parts.speed, parts.left],
    [parts.share, parts.speed, parts.left],
    [parts.share, parts.left],
    [parts.share || parts.bytes],
  ];
  // Names take the same room in all lines, so that bars stand below each other.
  const room = Math.min(LONGEST_NAME, Math.max(SHORTEST_NAME, Math.floor(columns / 4)));
  const shown = truncate(name, room);
  const start = `${shown}${' '.repeat(room - textWidth(shown))}  `;
  for (const choice of choices) {
    const line = start + choice.filter((part) => part !== '').join('  ');
    if (textWidth(line) <= columns) return line.trimEnd();
  }
  return truncate(name, columns);
}

function partsOf({ transferredBytes, totalBytes, bytesPerSecond, secondsLeft }: Reach, paint: Paint) {
  const speed = bytesPerSecond >= 1 ? `${formatBytes(bytesPerSecond)}/s` : '';
  if (totalBytes === null || totalBytes === 0) {
    return { bars: [], share: '', bytes: formatBytes(transferredBytes), speed, left: '' };
  }
  const share = Math.min(1, transferredBytes / totalBytes);
  const bars = BAR_COLUMNS.map((columns) => {
    const filled = Math.round(share * columns);
    return paint('cyan', '█'.repeat(filled) + '░'.repeat(columns - filled));
  });
  return {
    bars,
    share: `${Math.floor(share * 100)}%`.padStart(4),
    bytes: `${formatBytes(transferredBytes)} of ${formatBytes(totalBytes)}`,
    speed,
    left: secondsLeft !== null && transferredBytes < totalBytes ? `${formatDuration(secondsLeft)} left` : '',
  };
}

/** The same in one sentence, for a log. */
export function describeReach(tally: TransferTally): string {
  const { files, filesDone, ...all } = tally.total();
  const { transferredBytes, totalBytes, bytesPerSecond, secondsLeft } = reachOfSingle(tally) ?? all;
  const parts: string[] = [];
  if (totalBytes === null || totalBytes === 0) parts.push(formatBytes(transferredBytes));
  else {
    const share = Math.floor(Math.min(1, transferredBytes / totalBytes) * 100);
    parts.push(`${share}%, ${formatBytes(transferredBytes)} of ${formatBytes(totalBytes)}`);
  }
  if (files !== null && files > 1) parts.push(`${filesDone} of ${count(files, 'file')}`);
  else if (files === null && filesDone > 0) parts.push(count(filesDone, 'file'));
  if (bytesPerSecond >= 1) parts.push(`${formatBytes(bytesPerSecond)}/s`);
  if (secondsLeft !== null) parts.push(`${formatDuration(secondsLeft)} left`);
  return parts.join(', ');
}
