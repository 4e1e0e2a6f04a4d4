import Anser from 'anser';
import { memo } from 'react';
import { formatExactTime, formatTime } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import { foldReturns, type Line, showControls } from '../lines.ts';
import styles from './log-line.module.css';

const MAX_SHOWN = 8192;
/** What the platform puts before each line. */
const STAMP = /^\[(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\]: ?/;

interface LogLineProps {
  line: Line;
  areTimesShown: boolean;
  isWrapped: boolean;
  /** What is searched for; empty for nothing. */
  wanted: string;
}

/** A line of a log: its time apart, in its colours, with nothing in it that does anything. */
export const LogLine = memo(function LogLine({ line, areTimesShown, isWrapped, wanted }: LogLineProps) {
  const stamp = STAMP.exec(line.text);
  const text = foldReturns(stamp ? line.text.slice(stamp[0].length) : line.text);
  const date = stamp ? new Date(stamp[1]!) : null;
  const isCut = text.length > MAX_SHOWN;
  return (
    <div className={styles.line} data-wrapped={isWrapped || undefined}>
      {areTimesShown && (
        <span className={styles.time} title={date ? formatExactTime(date) : undefined}>
          {date ? formatTime(date) : ''}
        </span>
      )}
      <span className={styles.text}>
        {partsOf(isCut ? text.slice(0, MAX_SHOWN) : text).map((part, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line never changes
          <span key={index} data-colour={part.colour} data-bold={part.isBold || undefined}>
            <Marked text={part.text} wanted={wanted} />
          </span>
        ))}
        {isCut && <em className={styles.cut}> {words.log.cut}</em>}
      </span>
    </div>
  );
});

function Marked({ text, wanted }: { text: string; wanted: string }) {
  if (wanted === '') {
    return text;
  }
  const low = text.toLowerCase();
  const needle = wanted.toLowerCase();
  const parts = [];
  let from = 0;
  for (let at = low.indexOf(needle); at !== -1; at = low.indexOf(needle, from)) {
    parts.push(text.slice(from, at), <mark key={at}>{text.slice(at, at + needle.length)}</mark>);
    from = at + needle.length;
  }
  parts.push(text.slice(from));
  return <>{parts}</>;
}

interface Part {
  text: string;
  colour: string | undefined;
  isBold: boolean;
}

/** Texts between sequences that set colours; other sequences are left out. */
function partsOf(text: string): Part[] {
  if (!text.includes('\x1b')) {
    return [{ text: showControls(text), colour: undefined, isBold: false }];
  }
  return Anser.ansiToJson(text, { use_classes: true, remove_empty: true }).map((part) => ({
    text: showControls(part.content).replaceAll('\x1b', '\u241b'),
    colour: part.fg?.replace(/^ansi-(?:bright-)?/, ''),
    isBold: part.decorations.includes('bold'),
  }));
}
