import {
  adoptKnownFiles,
  deleteFile,
  downloadFile,
  getFile,
  getFilePartDigests,
  listFiles,
  putFile,
  readFileLines,
  updateFile,
  uploadFile,
  uploadFiles,
} from '@quarry/contract';
import { type Route, route } from '../../http/route.ts';
import { adoptKnown } from './adopt-known.ts';
import type { FilesContext } from './context.ts';
import { remove } from './delete.ts';
import { download } from './download.ts';
import { get } from './get.ts';
import { list } from './list.ts';
import { getPartDigests } from './part-digests.ts';
import { readLines } from './read-lines.ts';
import { update } from './update.ts';
import { upload } from './upload.ts';
import { uploadMany } from './upload-many.ts';

/** The endpoints of files. */
export function fileRoutes(context: FilesContext): Route[] {
  return [
    route(listFiles, (call) => list(context, call)),
    route(uploadFile, (call) => upload(context, call)),
    route(putFile, (call) => upload(context, call)),
    route(getFile, (call) => get(context, call)),
    route(updateFile, (call) => update(context, call)),
    route(deleteFile, (call) => remove(context, call)),
    route(downloadFile, (call) => download(context, call)),
    route(readFileLines, (call) => readLines(context, call)),
    route(uploadFiles, (call) => uploadMany(context, call)),
    route(adoptKnownFiles, (call) => adoptKnown(context, call)),
    route(getFilePartDigests, (call) => getPartDigests(context, call)),
  ];
}
