import type { Route } from '../../http/route.ts';
import { clone } from './clone.ts';
import type { JobsContext } from './context.ts';
import { counts } from './count.ts';
import { create } from './create.ts';
import { createMany } from './create-many.ts';
import { getFields, setFields } from './custom-fields.ts';
import { remove } from './delete.ts';
import { deleteMany } from './delete-many.ts';
import { events } from './events.ts';
import { files } from './files.ts';
import { get } from './get.ts';
import { list } from './list.ts';
import { loadMeasurements, serverLoad } from './load.ts';
import { logs } from './logs.ts';
import { preview } from './preview.ts';
import { restart } from './restart.ts';
import { ssh } from './ssh.ts';
import { clusterStatuses, statuses } from './statuses.ts';
import { shutdown, stop } from './stop.ts';
import { stopMany } from './stop-many.ts';
import { submit } from './submit.ts';
import { tagMany } from './tag-many.ts';
import { deleteNamedTag, deleteTag, listTags, postTag } from './tags.ts';
import { replace, update } from './update.ts';

/** The endpoints of jobs. */
export function jobRoutes(context: JobsContext): Route[] {
  return [
    list(context),
    counts(context),
    create(context),
    preview(context),
    get(context),
    update(context),
    replace(context),
    remove(context),
    submit(context),
    stop(context),
    shutdown(context),
    clone(context),
    restart(context),
    createMany(context),
    stopMany(context),
    deleteMany(context),
    tagMany(context),
    statuses(context),
    events(context),
    clusterStatuses(context),
    listTags(context),
    postTag(context),
    deleteTag(context),
    deleteNamedTag(context),
    getFields(context),
    setFields(context),
    ssh(context),
    files(context),
    loadMeasurements(context),
    serverLoad(context),
    logs(context),
  ];
}
