import { Button } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { tryNow, useConnection } from '../../api/connection.ts';
import { announce } from '../../ui/announcer.tsx';
import { IconPlugConnectedX } from '../../ui/icons.ts';
import { formatCount, formatTime } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import styles from './away-strip.module.css';

/** Says that the server does not answer, since when, and when it is tried again. */
export function AwayStrip() {
  const { isAway, lastHeard, nextTry } = useConnection();
  const now = useClock(isAway);
  const wasAway = useRef(false);
  const { away } = words.frame;

  useEffect(() => {
    if (isAway !== wasAway.current) {
      announce(isAway ? away.message : away.back);
      wasAway.current = isAway;
    }
  }, [isAway, away]);

  if (!isAway) {
    return null;
  }
  const seconds = nextTry === null ? 0 : Math.max(0, Math.ceil((nextTry.getTime() - now.getTime()) / 1000));
  return (
    <aside className={styles.strip} aria-label={away.message}>
      <IconPlugConnectedX size={18} aria-hidden />
      <span>
        <strong>{away.message}</strong> {lastHeard && away.lastNews(formatTime(lastHeard))}{' '}
        {seconds > 0 ? away.tryingAgain(formatCount(seconds)) : away.trying}
      </span>
      <Button size="compact-sm" onClick={tryNow}>
        {away.now}
      </Button>
    </aside>
  );
}

/** The time, each second, while somebody looks at it. */
function useClock(isRunning: boolean): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    if (!isRunning) {
      return;
    }
    setNow(new Date());
    const timer = setInterval(() => setNow(new Date()), 1000);
    return () => clearInterval(timer);
  }, [isRunning]);
  return now;
}
