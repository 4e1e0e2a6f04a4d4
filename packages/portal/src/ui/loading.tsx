import { Skeleton } from '@mantine/core';
import { useEffect, useState } from 'react';
import { words } from '../words/words.ts';

/** What is there sooner needs no sign that it is on its way. */
const DELAY_MS = 200;

/** The shape of what is to come, by rows of a height in pixels. */
export function Loading({ rows = 6, height = 24 }: { rows?: number; height?: number }) {
  const [isShown, setIsShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setIsShown(true), DELAY_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div aria-busy="true">
      <span className="visually-hidden">{words.frame.loading}</span>
      {isShown &&
        Array.from({ length: rows }, (_, row) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
          <Skeleton key={row} height={height} mb={8} animate={false} />
        ))}
    </div>
  );
}
