import type { LoggedEvent } from '@quarry/sdk';
import type { EventFilters } from '../../api/keeper-queries.ts';

export const EVENT_FILTERS = ['actor', 'subject', 'verb', 'since', 'until'] as const;

/** The longest text of a detail; the log itself has all of it. */
const DETAIL_CHARACTERS = 300;

/** What the address says, as the server asks for it: days are those of whoever looks, and the last one belongs to it. */
export function filtersOf(search: Readonly<Record<string, string | undefined>>): EventFilters {
  const since = startOfDay(search.since, 0);
  const until = startOfDay(search.until, 1);
  return {
    ...(search.actor && { actor: search.actor }),
    ...(search.subject && { subject: search.subject }),
    ...(search.verb && { verb: search.verb }),
    ...(since && { since }),
    ...(until && { until }),
  };
}

/** The beginning of a day, or of one after it; undefined for what is no day. */
function startOfDay(text: string | undefined, daysLater: number): string | undefined {
  const [year, month, day] =
    /^(\d{4})-(\d\d)-(\d\d)$/
      .exec(text ?? '')
      ?.slice(1)
      .map(Number) ?? [];
  if (year === undefined) {
    return undefined;
  }
  const at = new Date(year, month! - 1, day! + daysLater);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

/** What else there is to say of an event, in a line. */
export function describeDetail(detail: LoggedEvent['detail']): string {
  const text = Object.entries(detail)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
  return text.length > DETAIL_CHARACTERS ? `${text.slice(0, DETAIL_CHARACTERS)}…` : text;
}
