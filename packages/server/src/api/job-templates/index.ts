import type { Route } from '../../http/route.ts';
import type { JobsContext } from '../jobs/context.ts';
import { get } from './get.ts';
import { list, versions } from './list.ts';
import { makeJob } from './make-job.ts';
import { preview } from './preview.ts';
import { create, remove, update } from './write.ts';

/** The endpoints of job templates. */
export function jobTemplateRoutes(context: JobsContext): Route[] {
  return [
    list(context),
    create(context),
    get(context),
    update(context),
    remove(context),
    versions(context),
    preview(context),
    makeJob(context),
  ];
}
