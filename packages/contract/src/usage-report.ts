import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { MAX_NAME_LENGTH } from './limits.ts';
import {
  toSnakeCase,
  wireChoice,
  wireDate,
  wireQuery,
  wireReference,
  wireString,
  wireTimestamp,
} from './wire.ts';

/** What use is put together by. */
export const USAGE_BY = ['day', 'project', 'person', 'software', 'coreType'] as const;
export type UsageBy = (typeof USAGE_BY)[number];

/** How a report of use comes. */
export const USAGE_FORMATS = ['json', 'csv'] as const;
export type UsageFormat = (typeof USAGE_FORMATS)[number];

const sums = {
  /** Cores that were held, times the hours for which they were. */
  coreHours: z.number().nonnegative(),
  /** What that costs, in each currency that there are prices in, in order of its code; empty where nothing was used. */
  amounts: z.array(
    z.strictObject({
      /** A decimal number, such as `0.05`. */
      amount: z.string().regex(/^\d+(\.\d+)?$/),
      /** Code of the currency, such as `USD`. */
      currency: z.string(),
    }),
  ),
  /** Whether something in it goes on: then it is counted until `dateCounted`, and grows. */
  isOngoing: z.boolean(),
};

/** Cores held, and what they cost. */
export const usageSums = z.strictObject(sums).meta({ id: 'UsageSums' });
export type UsageSums = z.output<typeof usageSums>;

/** What was used in a time and what it cost, put together by one thing. */
export const usageReport = z
  .strictObject({
    /** Use from this time on counts. */
    from: wireTimestamp,
    /** Use before this time counts. */
    to: wireTimestamp,
    /** Where days begin at midnight, such as `UTC` or `Europe/Berlin`. */
    zone: z.string(),
    /** What the rows are. */
    by: z.enum(USAGE_BY),
    /** Up to when what goes on was counted. */
    dateCounted: wireTimestamp,
    /** All of it together, with what is in no row. */
    total: usageSums,
    /** By day in order of time, each day of the span until now; by all else that with the most core hours first. */
    rows: z.array(
      z.strictObject({
        /** The day such as `2026-01-31`, the id of the project or user, or the code of the core type or software; several codes of one job are joined by `+`. Null for what has none, such as jobs of no project. */
        key: z.string().nullable(),
        /** What people call it: the name of the project, software or core type, the address of the user; else as `key`. */
        name: z.string().nullable(),
        ...sums,
      }),
    ),
    /** What more rows than an answer may have would hold; null where there are no more. */
    rest: usageSums.nullable(),
  })
  .meta({ id: 'UsageReport' });
export type UsageReport = z.output<typeof usageReport>;

export const usageReportQuery = wireQuery(
  {
    /** Use from this time on; a date is its beginning in the zone. The first of this month when absent. */
    from: wireDate().optional(),
    /** Use before this time; a date without a time counts whole. Now when absent. */
    to: wireDate().optional(),
    /** What the rows are; `day` when absent. */
    by: wireChoice(USAGE_BY, (text) => USAGE_BY.find((word) => toSnakeCase(word) === text) ?? text).default(
      'day',
    ),
    /** Name of a time zone, such as `Europe/Berlin`, whose midnights days begin at; `UTC` when absent. */
    zone: wireString({ max: MAX_NAME_LENGTH, blank: false }).default('UTC'),
    /** Only what this user used: an id or an address. */
    owner: wireReference().optional(),
    /** Only what was used in this project, by its id. */
    project: wireReference().optional(),
    /** Only jobs with a tile of this software, and persistent clusters that name it, by its code. */
    software: wireReference().optional(),
    /** Only what was used of this core type, by its code. */
    coreType: wireReference().optional(),
    /** How the report comes; JSON when absent. */
    format: wireChoice(USAGE_FORMATS, (text) => text.toLowerCase()).default('json'),
  },
  { strict: true },
);
export type UsageReportQuery = z.output<typeof usageReportQuery>;

export const getUsageReport = endpoint({
  method: 'GET',
  path: '/api/v2/usage/',
  versions: ['v2', 'v3'],
  summary: 'Core hours and money by day, project, person, software or core type',
  description: [
    'Of your own jobs and persistent clusters, and those of projects that you manage; administrators see all. What jobs and clusters hold counts when they hold it, each with the price that it was submitted or created for, so that the sums are those of `cost` of jobs and clusters. Deleted jobs count. A job on a persistent cluster counts with that cluster.',
    'What goes on is counted until now. CSV comes as a file with a name; it has a header, and a line for each row and currency.',
  ].join('\n\n'),
  tag: 'Billing',
  access: 'user',
  extension: true,
  query: usageReportQuery,
  status: 200,
  response: usageReport,
  responseKind: 'bytes',
  mediaTypes: ['text/csv'],
});
