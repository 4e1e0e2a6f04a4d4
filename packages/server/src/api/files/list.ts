import { listFiles } from '@quarry/contract';
import { toInstant } from '../../clock.ts';
import { ownerOfListed } from '../../files/visibility.ts';
import { route } from '../../http/route.ts';
import type { FilesContext } from './context.ts';
import { pageOfFiles } from './page-of-files.ts';

/** The caller's files, newest first; an admin sees everybody's unless they ask for their own. */
export const list = ({ database }: FilesContext) =>
  route(listFiles, (call) => {
    const { type, owner, isUploaded, dateUploaded__gte: from, dateUploaded__lte: until } = call.query;
    return pageOfFiles(database, call, {
      ownerId: ownerOfListed(call.caller, owner !== undefined) ?? undefined,
      typeId: type,
      uploadedFrom: from && toInstant(from),
      uploadedUntil: until && toInstant(until),
      // Files exist once they are whole, so nothing is ever "not uploaded".
      nothing: isUploaded === false,
    });
  });
