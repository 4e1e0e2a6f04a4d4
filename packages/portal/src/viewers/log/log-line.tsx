import Anser from 'anser';
import { memo } from 'react';
import { formatCount, formatExactTime, formatTime } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import { foldReturns, type Line, showControls } from '../lines.ts';
import styles from './log-line.module.css';

const MAX_SHOWN = 8192;
/** What the platform puts before each line. */
const STAMP = /^\[(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\]: ?/;

/** What an agent says when a run goes on in its directory. */
const RESUMED = /^Resumed in the directory that the attempt before has left/;

interface LogLineProps {
  line: Line;
  number: number;
  /** Whether that is its number, and not about right. */
  isExact: boolean;
  /** Whether somebody has chosen it. */
  isMarked: boolean;
  /** Whether what is searched for was found in it last. */
  isMatch: boolean;
  areTimesShown: boolean;
  isWrapped: boolean;
  /** What is searched for; empty for nothing. */
  wanted: string;
}

/** A line of a log: its time apart, in its colours, with nothing in it that does anything. */
export const LogLine = memo(function LogLine(props: LogLineProps) {
  const { line, number, isExact, areTimesShown, isWrapped, wanted } = props;
  const stamp = STAMP.exec(line.text);
  const text = foldReturns(stamp ? line.text.slice(stamp[0].length) : line.text);
  const date = stamp ? new Date(stamp[1]!) : null;
  const isCut = text.length > MAX_SHOWN;
  return (
    <div
      className={styles.line}
      data-wrapped={isWrapped || undefined}
      data-marked={props.isMarked || undefined}
      data-match={props.isMatch || undefined}
      data-resumed={RESUMED.test(text) || undefined}
    >
      {/* Going to a line by the keyboard is a field above. */}
      <span className={styles.number} data-number={isExact ? number : undefined}>
        {isExact ? formatCount(number) : words.log.about(formatCount(number))}
      </span>
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
