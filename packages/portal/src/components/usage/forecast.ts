/** Until when a month goes, and which part of it is over. */
export interface MonthSoFar {
  /** From 0 to 1. */
  share: number;
}

/** Of the month of `now` when the days from `from` on are just this month until now; null for any other time. */
export function monthSoFar(from: string, to: string, today: string): MonthSoFar | null {
  if (from !== `${today.slice(0, 8)}01` || to < today) {
    return null;
  }
  const [year, month, day] = today.split('-').map(Number) as [number, number, number];
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
  // Today is half over, on average.
  return { share: (day - 0.5) / days };
}

/** What a sum comes to at the end of the month when things go on as they went until now. */
export function atEndOfMonth(soFar: number, { share }: MonthSoFar): number {
  return soFar / share;
}
