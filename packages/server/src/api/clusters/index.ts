import type { Route } from '../../http/route.ts';
import type { JobsContext } from '../jobs/context.ts';
import { attach } from './attach.ts';
import { create } from './create.ts';
import { get } from './get.ts';
import { list } from './list.ts';
import { connectionDetails, instances, ofJob } from './of-job.ts';
import { shutdown } from './shutdown.ts';
import { start } from './start.ts';
import { statuses } from './statuses.ts';

/** The endpoints of clusters, by themselves and of their jobs. */
export function clusterRoutes(context: JobsContext): Route[] {
  return [
    list(context),
    create(context),
    get(context),
    statuses(context),
    start(context),
    shutdown(context),
    attach(context),
    ofJob(context),
    instances(context),
    connectionDetails(context),
  ];
}
