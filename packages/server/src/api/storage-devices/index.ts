import type { Route } from '../../http/route.ts';
import { attach } from './attach.ts';
import type { DevicesContext } from './context.ts';
import { copyFiles } from './copy-files.ts';
import { create } from './create.ts';
import { remove } from './delete.ts';
import { entries } from './entries.ts';
import { get } from './get.ts';
import { list } from './list.ts';
import { makeDirectory } from './make-directory.ts';
import { read } from './read.ts';
import { removeEntry } from './remove-entry.ts';
import { statuses } from './statuses.ts';
import { submit } from './submit.ts';
import { update } from './update.ts';
import { write } from './write.ts';

/** The endpoints of storage devices. */
export function deviceRoutes(context: DevicesContext): Route[] {
  return [
    list(context),
    create(context),
    get(context),
    update(context),
    remove(context),
    submit(context),
    statuses(context),
    attach(context),
    entries(context),
    read(context),
    write(context),
    removeEntry(context),
    makeDirectory(context),
    copyFiles(context),
  ];
}
