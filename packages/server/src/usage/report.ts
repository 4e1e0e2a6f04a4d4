import type { UsageBy, UsageReport, UsageReportQuery, UsageSums } from '@quarry/contract';
import type { Caller } from '../access/caller.ts';
import type { Catalog } from '../catalog/types.ts';
import type { Instant } from '../clock.ts';
import type { Queries } from '../db/database.ts';
import { sumUse, type UseFilter, type UseSum, useOfDays } from '../db/queries/use.ts';
import { namesOfProjects, namesOfUsers } from '../db/queries/use-names.ts';
import { costOf, money } from '../jobs/definition/estimate.ts';
import { LIMITS } from '../limits.ts';
import { coreSecondsByDay } from './by-day.ts';
import { daysOf, equalDays, readSpan, type Span } from './span.ts';

type Row = UsageReport['rows'][number];
type Used = Pick<UseSum, 'price' | 'currency' | 'coreSeconds' | 'isOngoing'>;

interface Asked {
  filter: UseFilter;
  span: Span;
  now: Instant;
}

/** What was used in a time and what it cost, as far as the caller may know. Refuses times and zones that are none. */
export async function reportUse(
  { queries, catalog, now }: { queries: Queries; catalog: Catalog; now: Instant },
  caller: Caller,
  query: UsageReportQuery,
): Promise<UsageReport> {
  const span = readSpan(query, now);
  const asked = { filter: query, span, now };
  const { total, rows } =
    query.by === 'day'
      ? await useByDay(queries, caller, asked)
      : await useByThing({ queries, catalog }, caller, { ...asked, by: query.by });
  const [shown, more] = [rows.slice(0, mostRows(query.by)), rows.slice(mostRows(query.by))];
  return {
    ...span,
    by: query.by,
    dateCounted: now,
    total: sumsOf(total),
    rows: shown.map(({ key, name, used }) => ({ key, name, ...sumsOf(used) })),
    rest: more.length === 0 ? null : sumsOf(more.flatMap(({ used }) => used)),
  };
}

function mostRows(by: UsageBy): number {
  return by === 'day' ? LIMITS.usageDays : LIMITS.usageRows;
}

type RowOfUse = Pick<Row, 'key' | 'name'> & { used: Used[] };

async function useByDay(queries: Queries, caller: Caller, { filter, span, now }: Asked) {
  const days = daysOf(span, now);
  if (days.length === 0) {
    return { total: [], rows: [] };
  }
  const counted = countedOf(span, now);
  const found = await useOfDays(queries, caller, { days: equalDays(days), filter, counted });
  const used: Used[][] = days.map(() => []);
  const rates = Map.groupBy(found, ({ price, currency }) => `${price} ${currency}`);
  for (const uses of rates.values()) {
    const { price, currency } = uses[0]!;
    const goesOn = isUntilNow(span, now) && uses.some(({ isOngoing }) => isOngoing === 1);
    const began = uses.map(({ beginDay, cores, beginMoment }) => ({
      day: beginDay,
      cores,
      moment: beginMoment,
    }));
    const ended = uses.map(({ endDay, cores, endMoment }) => ({ day: endDay, cores, moment: endMoment }));
    for (const [index, coreSeconds] of coreSecondsByDay(days, began, ended).entries()) {
      const isOngoing = goesOn && index === days.length - 1 ? 1 : 0;
      if (coreSeconds >= LEAST_CORE_SECONDS || isOngoing === 1) {
        used[index]!.push({ price, currency, coreSeconds, isOngoing });
      }
    }
  }
  const rows = days.map(({ date }, index): RowOfUse => ({ key: date, name: date, used: used[index]! }));
  return { total: used.flat(), rows };
}

/** Less is the trace of sums and differences of large numbers: a core for a tenth of a millisecond costs nobody anything. */
const LEAST_CORE_SECONDS = 0.0001;

async function useByThing(
  { queries, catalog }: { queries: Queries; catalog: Catalog },
  caller: Caller,
  { by, filter, span, now }: Asked & { by: Exclude<UsageBy, 'day'> },
) {
  const counted = countedOf(span, now);
  const found = span.from < now ? await sumUse(queries, caller, { by, filter, counted }) : [];
  const goesOn = isUntilNow(span, now);
  const total = found.map((sum) => ({ ...sum, isOngoing: goesOn ? sum.isOngoing : (0 as const) }));
  const things = [...Map.groupBy(total, ({ key }) => key)];
  const keys = things.flatMap(([key]) => key ?? []);
  const names = await namesOf(by, keys, { queries, catalog });
  const rows = things.map(([key, used]): RowOfUse => {
    const codes = by === 'software' ? codesOf(key) : null;
    return codes === null
      ? { key, name: key === null ? null : (names.get(key) ?? key), used }
      : { ...nameSoftware(codes, catalog), used };
  });
  rows.sort((one, other) => coreSecondsOf(other.used) - coreSecondsOf(one.used));
  return { total, rows };
}

function codesOf(key: string | null): string[] {
  return JSON.parse(key ?? '[]') as string[];
}

function nameSoftware(codes: readonly string[], catalog: Catalog): Pick<Row, 'key' | 'name'> {
  return codes.length === 0
    ? { key: null, name: null }
    : {
        key: codes.join('+'),
        name: codes.map((code) => catalog.analysis(code)?.name ?? code).join(' + '),
      };
}

async function namesOf(
  by: Exclude<UsageBy, 'day'>,
  keys: readonly string[],
  { queries, catalog }: { queries: Queries; catalog: Catalog },
): Promise<ReadonlyMap<string, string>> {
  switch (by) {
    case 'project':
      return namesOfProjects(queries, keys);
    case 'person':
      return namesOfUsers(queries, keys);
    case 'coreType':
      return new Map(keys.map((code) => [code, catalog.coreType(code)?.name ?? code]));
    case 'software':
      return new Map();
  }
}

function countedOf({ from, to }: Span, now: Instant) {
  return { from, to: to > now ? now : to };
}

function isUntilNow({ to }: Span, now: Instant): boolean {
  return to >= now;
}

function coreSecondsOf(used: readonly Used[]): number {
  return used.reduce((sum, { coreSeconds }) => sum + coreSeconds, 0);
}

function sumsOf(used: readonly Used[]): UsageSums {
  const byRate = Map.groupBy(used, ({ price, currency }) => `${price} ${currency}`);
  const amounts = new Map<string, number>();
  for (const same of byRate.values()) {
    const { price, currency } = same[0]!;
    const hours = coreSecondsOf(same) / 3600;
    // One core for all these hours costs what these cores cost.
    const { amount } = costOf({ pricePerCoreHour: price, currency }, { coresPerSlot: 1, slots: 1, hours });
    amounts.set(currency, (amounts.get(currency) ?? 0) + Number(amount));
  }
  return {
    coreHours: Number((coreSecondsOf(used) / 3600).toFixed(6)),
    amounts: [...amounts]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([currency, amount]) => ({ amount: money(amount), currency })),
    isOngoing: used.some(({ isOngoing }) => isOngoing === 1),
  };
}
