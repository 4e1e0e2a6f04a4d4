import { useEffect, useState } from 'react';
import { formatAge, formatDateTime, formatExactTime } from '../words/numbers.ts';

const TICK_MS = 30_000;

/** How long ago something was; the exact time, local and UTC, for whoever points at it. */
export function Age({ date }: { date: string }) {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  const at = new Date(date);
  return (
    <time dateTime={date} title={formatExactTime(at)} className="nowrap">
      {formatAge(at, now)}
    </time>
  );
}

/** When something was, to the second, in local time. */
export function Moment({ date }: { date: string }) {
  const at = new Date(date);
  return (
    <time dateTime={date} title={formatExactTime(at)} className="nowrap">
      {formatDateTime(at)}
    </time>
  );
}
