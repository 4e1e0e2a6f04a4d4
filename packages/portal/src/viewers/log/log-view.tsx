import { ActionIcon, Button, Checkbox, TextInput, Tooltip } from '@mantine/core';
import { useDocumentVisibility, useElementSize, useMergedRef } from '@mantine/hooks';
import { useCallback, useEffect, useRef, useState } from 'react';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import {
  IconArrowBarDown,
  IconArrowBarUp,
  IconArrowDown,
  IconArrowUp,
  IconDownload,
} from '../../ui/icons.ts';
import { KeysHelp } from '../../ui/keys-help.tsx';
import { useKeys } from '../../ui/use-keys.ts';
import { formatBytes } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import type { ByteSource } from '../byte-source.ts';
import { type Growth, keepFollowing } from './growth.ts';
import { LogLine } from './log-line.tsx';
import { LogReader, type LogView as View } from './log-reader.ts';
import { LogScrollbar } from './log-scrollbar.tsx';
import styles from './log-view.module.css';
import { useFind } from './use-find.ts';
import { useMoves } from './use-moves.ts';

const LINE_PX = 18;

export interface LogOptions {
  q: string;
  wrap: boolean;
  times: boolean;
}

interface LogViewProps {
  source: ByteSource;
  /** Absent for what does not grow any more. */
  growth?: Growth | undefined;
  options: LogOptions;
  onOptions: (changes: Partial<LogOptions>) => void;
  onDownload: () => void;
}

const NOTHING: View = { lines: [], size: 0, isFollowing: false, error: null };

/** A text of any length: only what is in sight is read. */
export function LogView({ source, growth, options, onOptions, onDownload }: LogViewProps) {
  const text = words.log;
  // The address follows what is typed a moment later.
  const [wanted, setWanted] = useState(options.q);
  const [view, setView] = useState<View | null>(null);
  const [isHelpOpen, setIsHelpOpen] = useState(false);
  const reader = useRef<LogReader | null>(null);
  const searchBox = useRef<HTMLInputElement>(null);
  const size = useElementSize<HTMLDivElement>();
  const rows = Math.floor(size.height / LINE_PX);
  const isGrowing = growth !== undefined;
  // A browser has six connections to a host without TLS: tabs that nobody sees must not hold one each.
  const isSeen = useDocumentVisibility() !== 'hidden';

  // biome-ignore lint/correctness/useExhaustiveDependencies: a source is known by its key; the end of growth is no other log
  useEffect(() => {
    const opened = new LogReader(source, { isFollowing: isGrowing, onChange: setView });
    reader.current = opened;
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

  const find = useFind(source, reader, wanted);
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
    ['?', () => setIsHelpOpen(true)],
  ]);

  const { lines, size: bytes, isFollowing, error } = view ?? NOTHING;
  return (
    <div className={styles.view}>
      <div className={styles.tools}>
        <TextInput
          ref={searchBox}
          className={styles.search}
          aria-label={text.search}
          placeholder={text.search}
          value={wanted}
          maxLength={200}
          onChange={(event) => {
            setWanted(event.currentTarget.value);
            onOptions({ q: event.currentTarget.value });
          }}
          onKeyDown={(event) => {
            if (event.key === 'Enter') {
              void find.next(event.shiftKey);
            }
          }}
        />
        <Tool label={text.previous} onClick={() => void find.next(true)} icon={IconArrowUp} />
        <Tool label={text.next} onClick={() => void find.next(false)} icon={IconArrowDown} />
        <Tool label={text.start} onClick={() => reader.current?.toStart()} icon={IconArrowBarUp} />
        <Tool label={text.end} onClick={() => reader.current?.toEnd()} icon={IconArrowBarDown} />
        <Checkbox label={text.wrap} checked={options.wrap} onChange={() => toggle('wrap')} />
        <Checkbox label={text.times} checked={options.times} onChange={() => toggle('times')} />
        <Tool label={text.download} onClick={onDownload} icon={IconDownload} />
        <span className={styles.place}>
          {isGrowing && isFollowing
            ? text.following
            : text.place(formatBytes(lines[0]?.start ?? 0), formatBytes(bytes))}
        </span>
      </div>
      {find.share !== null && (
        <p>
          {text.searching(`${Math.round(find.share * 100)} %`)}{' '}
          <Button size="compact-sm" onClick={find.stop}>
            {text.stopSearch}
          </Button>
        </p>
      )}
      {find.hasNoMatch && <p role="status">{text.noMatch}</p>}
      {error !== null && <ErrorState error={error} onRetry={() => reader.current?.resize(rows)} />}
      {view && error === null && bytes === 0 && <EmptyState title={text.empty} />}
      <div className={styles.body} hidden={error !== null}>
        <section
          ref={linesRef}
          className={styles.lines}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
          tabIndex={0}
          aria-label={text.region}
          {...moves.handlers}
        >
          <div className={styles.page} data-end={(isFollowing && lines.length >= rows) || undefined}>
            {lines.map((line) => (
              <LogLine
                key={line.start}
                line={line}
                areTimesShown={options.times}
                isWrapped={options.wrap}
                wanted={wanted}
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

interface ToolProps {
  label: string;
  icon: typeof IconArrowUp;
  onClick: () => void;
}

function Tool({ label, icon: ToolIcon, onClick }: ToolProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon aria-label={label} onClick={onClick}>
        <ToolIcon size={18} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}
