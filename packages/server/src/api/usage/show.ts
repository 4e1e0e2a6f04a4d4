import { getUsageReport } from '@quarry/contract';
import type { Catalog } from '../../catalog/types.ts';
import type { Clock } from '../../clock.ts';
import type { Database } from '../../db/database.ts';
import { Answer, route } from '../../http/route.ts';
import { reportUse } from '../../usage/report.ts';
import { reportToCsv } from './to-csv.ts';

export interface UsageContext {
  database: Database;
  clock: Clock;
  catalog: () => Catalog;
}

export const show = ({ database, clock, catalog }: UsageContext) =>
  route(getUsageReport, async (call) => {
    const parts = { queries: database.read, catalog: catalog(), now: clock.now() };
    const report = await reportUse(parts, call.caller, call.query);
    if (call.query.format === 'json') {
      return Answer.json(report);
    }
    const name = `usage-${report.from.slice(0, 10)}-by-${report.by}.csv`;
    return Answer.text(
      {
        'content-type': 'text/csv; charset=utf-8; header=present',
        'content-disposition': `attachment; filename="${name}"`,
      },
      reportToCsv(report),
    );
  });
