import type { Route } from '../../http/route.ts';
import type { JobsContext } from '../jobs/context.ts';
import { directory } from './directory.ts';
import { discard } from './discard.ts';
import { files } from './files.ts';
import { get } from './get.ts';
import { list } from './list.ts';
import { rerun } from './rerun.ts';
import { snapshot } from './snapshot.ts';
import { snapshots } from './snapshots.ts';
import { stop } from './stop.ts';
import { tail } from './tail.ts';

/** The endpoints of runs. */
export function runRoutes(context: JobsContext): Route[] {
  return [
    list(context),
    get(context),
    files(context),
    stop(context),
    rerun(context),
    discard(context),
    directory(context),
    tail(context),
    snapshot(context),
    snapshots(context),
  ];
}
