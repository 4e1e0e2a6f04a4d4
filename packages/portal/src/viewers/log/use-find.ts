import { type RefObject, useEffect, useRef, useState } from 'react';
import type { ByteSource } from '../byte-source.ts';
import { findText } from './find.ts';
import type { LogReader } from './log-reader.ts';

/** Lines that are shown above a match. */
const LINES_ABOVE = 3;

/** From match to match in a log, however long it is. */
export function useFind(source: ByteSource, reader: RefObject<LogReader | null>, text: string) {
  const [share, setShare] = useState<number | null>(null);
  const [hasNoMatch, setHasNoMatch] = useState(false);
  const current = useRef<AbortController | null>(null);
  /** The match that is shown; null before the first. */
  const match = useRef<number | null>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another text or log begins anew
  useEffect(() => {
    match.current = null;
    setHasNoMatch(false);
    return () => current.current?.abort();
  }, [text, source.key]);

  const next = async (isBackwards: boolean) => {
    const { current: log } = reader;
    if (!log || text === '') {
      return;
    }
    current.current?.abort();
    const search = new AbortController();
    current.current = search;
    setHasNoMatch(false);
    const place = match.current ?? log.top;
    const from = isBackwards || match.current === null ? place : place + 1;
    try {
      const found = await findText(source, {
        text,
        from,
        isBackwards,
        size: log.size,
        signal: search.signal,
        onProgress: setShare,
      });
      setHasNoMatch(found === null);
      if (found !== null) {
        match.current = found;
        log.toOffset(found, LINES_ABOVE);
      }
    } catch (error) {
      if (!search.signal.aborted) {
        throw error;
      }
    } finally {
      if (current.current === search) {
        setShare(null);
      }
    }
  };
  return { share, hasNoMatch, next, stop: () => current.current?.abort() };
}
