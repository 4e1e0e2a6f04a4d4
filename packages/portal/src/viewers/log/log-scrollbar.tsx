import { type RefObject, useEffect, useRef } from 'react';
import { words } from '../../words/words.ts';
import type { LogReader, LogView } from './log-reader.ts';
import styles from './log-scrollbar.module.css';

/** Browsers end at some 16 million pixels, so that the length of what is scrolled stands for bytes only in proportion. */
const MAX_CONTENT_PX = 1_000_000;
/** What a line takes on average, to tell how much is in sight. */
const BYTES_PER_PX = 4;

interface LogScrollbarProps {
  reader: RefObject<LogReader | null>;
  view: LogView;
  height: number;
}

/** A scroll bar of the browser's own, over bytes. Keyboards and screen readers move by the lines themselves. */
export function LogScrollbar({ reader, view, height }: LogScrollbarProps) {
  const bar = useRef<HTMLDivElement>(null);
  /** Where we have set it ourselves: not a wish of anybody's. */
  const own = useRef(0);
  const content = height + Math.min(MAX_CONTENT_PX, Math.floor(view.size / BYTES_PER_PX));
  const start = view.lines[0]?.start ?? 0;
  const shown = (view.lines.at(-1)?.end ?? 0) - start;
  const range = Math.max(1, view.size - shown);

  useEffect(() => {
    if (bar.current) {
      bar.current.scrollTop = Math.round((start / range) * (content - height));
      // Before it has its height the browser lets it come less far: that is no wish either.
      own.current = bar.current.scrollTop;
    }
  }, [start, range, content, height]);

  const scroll = () => {
    const top = bar.current?.scrollTop ?? 0;
    if (Math.abs(top - own.current) <= 1) {
      return;
    }
    own.current = top;
    reader.current?.toOffset(Math.round((top / Math.max(1, content - height)) * range));
  };
  return (
    <div
      ref={bar}
      className={styles.bar}
      onScroll={scroll}
      tabIndex={-1}
      aria-hidden
      title={words.log.scroll}
    >
      <div style={{ height: content }} />
    </div>
  );
}
