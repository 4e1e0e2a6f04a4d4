import type { Route } from '../../http/route.ts';
import type { JobsContext } from '../jobs/context.ts';
import { get } from './get.ts';
import { list } from './list.ts';
import { connectionDetails, instances, ofJob } from './of-job.ts';
import { statuses } from './statuses.ts';

/** The endpoints of clusters, by themselves and of their jobs. */
export function clusterRoutes(context: JobsContext): Route[] {
  return [
    list(context),
    get(context),
    statuses(context),
    ofJob(context),
    instances(context),
    connectionDetails(context),
  ];
}
