import { type RefObject, useEffect, useRef, useState } from 'react';
import type { ByteSource, Match } from '../byte-source.ts';
import { findNext, findPrevious } from './find.ts';
import type { LogReader } from './log-reader.ts';

/** Lines that are shown above a match. */
const LINES_ABOVE = 3;

/** From match to match in a log, however long it is. */
export function useFind(
  source: ByteSource,
  reader: RefObject<LogReader | null>,
  { q, regex }: { q: string; regex: boolean },
) {
  const [share, setShare] = useState<number | null>(null);
  const [hasNoMatch, setHasNoMatch] = useState(false);
  const [error, setError] = useState<unknown>(null);
  /** The match that is shown; null before the first. */
  const [match, setMatch] = useState<Match | null>(null);
  const current = useRef<AbortController | null>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another text or log begins anew
  useEffect(() => {
    setMatch(null);
    setHasNoMatch(false);
    setError(null);
    return () => current.current?.abort();
  }, [q, regex, source.key]);

  const next = async (isBackwards: boolean) => {
    const { current: log } = reader;
    const { find } = source;
    if (!log || !find || q === '') {
      return;
    }
    current.current?.abort();
    const search = new AbortController();
    current.current = search;
    setHasNoMatch(false);
    setError(null);
    const options = { q, regex, signal: search.signal, onProgress: setShare };
    try {
      const found = await (isBackwards
        ? findPrevious(find, match?.offset ?? log.top, options)
        : findNext(find, match === null ? log.top : match.offset + Math.max(1, match.length), options));
      setHasNoMatch(found === null);
      if (found !== null) {
        setMatch(found);
        log.toOffset(found.lineOffset, LINES_ABOVE);
      }
    } catch (failure) {
      if (!search.signal.aborted) {
        setError(failure);
      }
    } finally {
      if (current.current === search) {
        setShare(null);
      }
    }
  };
  return { share, hasNoMatch, error, match, next, stop: () => current.current?.abort() };
}
