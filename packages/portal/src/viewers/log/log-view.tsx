import { Button } from '@mantine/core';
import { useDocumentVisibility, useElementSize, useMergedRef } from '@mantine/hooks';
import { useCallback, useEffect, useRef, useState } from 'react';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { KeysHelp } from '../../ui/keys-help.tsx';
import { useKeys } from '../../ui/use-keys.ts';
import { formatBytes } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import type { ByteSource } from '../byte-source.ts';
import type { Line } from '../lines.ts';
import { type Growth, keepFollowing } from './growth.ts';
import { LogLine } from './log-line.tsx';
import type { LogOptions } from './log-options.ts';
import { LogReader, type LogView as View } from './log-reader.ts';
import { LogScrollbar } from './log-scrollbar.tsx';
import { LogTools } from './log-tools.tsx';
import styles from './log-view.module.css';
import { useFind } from './use-find.ts';
import { useMoves } from './use-moves.ts';

const LINE_PX = 18;

/** Lines that are shown above one that somebody goes to. */
const LINES_ABOVE = 3;

interface LogViewProps {
  source: ByteSource;
  /** Absent for what does not grow any more. */
  growth?: Growth | undefined;
  options: LogOptions;
  onOptions: (changes: Partial<LogOptions>) => void;
  onDownload: () => void;
}

const NOTHING: View = {
  ...{ lines: [], size: 0, isFollowing: false, error: null },
  first: { number: 1, isExact: true },
};

/** A text of any length: only what is in sight is read. */
export function LogView({ source, growth, options, onOptions, onDownload }: LogViewProps) {
  const text = words.log;
  // The address follows what is typed a moment later.
  const [wanted, setWanted] = useState(options.q);
  const [view, setView] = useState<View | null>(null);
  const [isHelpOpen, setIsHelpOpen] = useState(false);
  const reader = useRef<LogReader | null>(null);
  const searchBox = useRef<HTMLInputElement>(null);
  const lineBox = useRef<HTMLInputElement>(null);
  const size = useElementSize<HTMLDivElement>();
  const rows = Math.floor(size.height / LINE_PX);
  const isGrowing = growth !== undefined;
  // A browser has six connections to a host without TLS: tabs that nobody sees must not hold one each.
  const isSeen = useDocumentVisibility() !== 'hidden';

  // biome-ignore lint/correctness/useExhaustiveDependencies: a source is known by its key; the end of growth is no other log
  useEffect(() => {
    const { line } = options;
    const opened = new LogReader(source, { isFollowing: isGrowing && line === null, onChange: setView });
    reader.current = opened;
    if (line !== null) {
      opened.toLine(line, LINES_ABOVE);
    }
    return () => opened.close();
  }, [source.key]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another log has to be shown in the same room
  useEffect(() => {
    if (rows > 0) {
      reader.current?.resize(rows);
    }
  }, [rows, source.key]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a source is known by its key
  useEffect(() => {
    if (!growth || !isSeen) {
      return;
    }
    const leave = new AbortController();
    const followed = reader.current;
    if (followed) {
      void keepFollowing(growth, followed, leave.signal);
    }
    return () => {
      leave.abort();
      // The run may have ended before its last words were told.
      void followed?.endGrowth();
    };
  }, [source.key, isGrowing, isSeen]);

  const find = useFind(source, reader, { q: wanted, regex: options.regex });
  const moves = useMoves(reader, rows);
  const linesRef = useMergedRef(size.ref, moves.attach);
  const toggle = useCallback(
    (name: 'wrap' | 'times') => onOptions({ [name]: !options[name] }),
    [options, onOptions],
  );
  useKeys([
    ['g', () => reader.current?.toStart()],
    ['G', () => reader.current?.toEnd()],
    ['n', () => void find.next(false)],
    ['N', () => void find.next(true)],
    ['w', () => toggle('wrap')],
    ['t', () => toggle('times')],
    ['d', onDownload],
    ['/', () => searchBox.current?.focus()],
    ['l', () => lineBox.current?.focus()],
    ['?', () => setIsHelpOpen(true)],
  ]);

  const { lines, first, size: bytes, isFollowing, error } = view ?? NOTHING;
  const numbers = numbersOf(lines, first.number);
  return (
    <div className={styles.view}>
      <LogTools
        options={options}
        wanted={wanted}
        searchBox={searchBox}
        lineBox={lineBox}
        canSearch={source.find !== undefined}
        onWanted={(q) => {
          setWanted(q);
          onOptions({ q });
        }}
        onOptions={onOptions}
        onFind={(isBackwards) => void find.next(isBackwards)}
        onStart={() => reader.current?.toStart()}
        onEnd={() => reader.current?.toEnd()}
        onLine={(line) => {
          onOptions({ line });
          reader.current?.toLine(line, LINES_ABOVE);
        }}
        onDownload={onDownload}
        place={
          isGrowing && isFollowing
            ? text.following
            : text.place(formatBytes(lines[0]?.start ?? 0), formatBytes(bytes))
        }
      />
      {find.share !== null && (
        <p>
          {text.searching(`${Math.round(find.share * 100)} %`)}{' '}
          <Button size="compact-sm" onClick={find.stop}>
            {text.stopSearch}
          </Button>
        </p>
      )}
      {find.hasNoMatch && <p role="status">{text.noMatch}</p>}
      {find.error !== null && <ErrorState error={find.error} />}
      {error !== null && <ErrorState error={error} onRetry={() => reader.current?.resize(rows)} />}
      {view && error === null && bytes === 0 && <EmptyState title={text.empty} />}
      <div className={styles.body} hidden={error !== null}>
        {/* biome-ignore lint/a11y/useKeyWithClickEvents: a field above leads to a line and marks it by the keyboard */}
        <section
          ref={linesRef}
          className={styles.lines}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
          tabIndex={0}
          aria-label={text.region}
          {...moves.handlers}
          onClick={(event) => {
            const number = (event.target as Element).closest('[data-number]')?.getAttribute('data-number');
            if (number) {
              onOptions({ line: Number(number) === options.line ? null : Number(number) });
            }
          }}
        >
          <div className={styles.page} data-end={(isFollowing && lines.length >= rows) || undefined}>
            {lines.map((line, index) => (
              <LogLine
                key={line.start}
                line={line}
                number={numbers[index]!}
                isExact={first.isExact}
                areTimesShown={options.times}
                isWrapped={options.wrap}
                isMarked={first.isExact && numbers[index] === options.line}
                isMatch={line.start === find.match?.lineOffset}
                wanted={options.regex ? '' : wanted}
              />
            ))}
          </div>
        </section>
        <LogScrollbar reader={reader} view={view ?? NOTHING} height={size.height} />
      </div>
      <KeysHelp isOpen={isHelpOpen} onClose={() => setIsHelpOpen(false)} keys={text.keys} />
    </div>
  );
}

/** A line that goes on has one number, however many parts of it are shown. */
function numbersOf(lines: readonly Line[], first: number): number[] {
  let number = first;
  return lines.map(({ isWhole }) => {
    const own = number;
    number += isWhole ? 1 : 0;
    return own;
  });
}
