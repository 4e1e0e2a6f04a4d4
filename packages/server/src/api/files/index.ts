import type { Route } from '../../http/route.ts';
import { adoptKnown } from './adopt-known.ts';
import type { FilesContext } from './context.ts';
import { remove } from './delete.ts';
import { deleteMany } from './delete-many.ts';
import { download } from './download.ts';
import { find } from './find.ts';
import { get } from './get.ts';
import { lineIndex } from './line-index.ts';
import { list } from './list.ts';
import { getPartDigests } from './part-digests.ts';
import { readLines } from './read-lines.ts';
import { update } from './update.ts';
import { put, upload } from './upload.ts';
import { uploadMany } from './upload-many.ts';
import { view } from './view.ts';

/** The endpoints of files. */
export function fileRoutes(context: FilesContext): Route[] {
  return [
    list(context),
    upload(context),
    put(context),
    get(context),
    update(context),
    remove(context),
    deleteMany(context),
    download(context),
    view(context),
    readLines(context),
    find(context),
    lineIndex(context),
    uploadMany(context),
    adoptKnown(context),
    getPartDigests(context),
  ];
}
