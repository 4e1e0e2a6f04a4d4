import type { Day } from './span.ts';

/** What began to be used on a day, or ended: its cores, and these times the seconds from the beginning of all days. */
export interface Turn {
  /** Which of the days. */
  day: number;
  cores: number;
  moment: number;
}

/**
 * Core seconds of each day, from what began and what ended on each. Whatever was in use at the beginning of a day counts for
 * all of it, what began in it from then on, and what ended in it no longer.
 */
export function coreSecondsByDay(
  days: readonly Day[],
  began: readonly Turn[],
  ended: readonly Turn[],
): number[] {
  const [begins, ends] = [byDay(days, began), byDay(days, ended)];
  const origin = days[0]?.begin ?? 0;
  let held = 0;
  return days.map(({ begin, end }, index) => {
    const [come, gone] = [begins[index]!, ends[index]!];
    const close = (end - origin) / 1000;
    const coreSeconds =
      (held * (end - begin)) / 1000 + (come.cores * close - come.moment) - (gone.cores * close - gone.moment);
    held += come.cores - gone.cores;
    // Of sums and differences of large numbers a trace may be left.
    return Math.max(0, coreSeconds);
  });
}

function byDay(days: readonly Day[], turns: readonly Turn[]) {
  const sums = days.map(() => ({ cores: 0, moment: 0 }));
  for (const { day, cores, moment } of turns) {
    const sum = sums[day];
    if (sum !== undefined) {
      sum.cores += cores;
      sum.moment += moment;
    }
  }
  return sums;
}
