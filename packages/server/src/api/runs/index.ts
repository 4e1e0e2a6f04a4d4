import type { Route } from '../../http/route.ts';
import type { JobsContext } from '../jobs/context.ts';
import { directory } from './directory.ts';
import { discard } from './discard.ts';
import { files } from './files.ts';
import { find } from './find.ts';
import { get } from './get.ts';
import { lineIndex } from './line-index.ts';
import { list } from './list.ts';
import { rerun } from './rerun.ts';
import { rerunMany } from './rerun-many.ts';
import { signal } from './signal.ts';
import { snapshot } from './snapshot.ts';
import { snapshots } from './snapshots.ts';
import { stop } from './stop.ts';
import { tail } from './tail.ts';
import { jobUsage, runUsage } from './usage.ts';

/** The endpoints of runs. */
export function runRoutes(context: JobsContext): Route[] {
  return [
    list(context),
    get(context),
    files(context),
    stop(context),
    signal(context),
    rerun(context),
    rerunMany(context),
    discard(context),
    directory(context),
    tail(context),
    find(context),
    lineIndex(context),
    jobUsage(context),
    runUsage(context),
    snapshot(context),
    snapshots(context),
  ];
}
