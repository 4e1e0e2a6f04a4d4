import { listUploads, type Page, type Upload } from '@quarry/contract';
import { person } from '../../access/caller.ts';
import { unfinished } from '../../db/queries/uploads-find.ts';
import { route } from '../../http/route.ts';
import { paginate } from '../paging.ts';
import type { UploadsContext } from './context.ts';
import { show } from './show.ts';

/** The caller's uploads that are not complete, newest first. */
export const list = (context: UploadsContext) =>
  route(listUploads, async (call): Promise<Page<Upload>> => {
    const { database, clock } = context;
    const page = await paginate(
      call,
      unfinished(database.read, {
        ownerId: person(call.caller).userId,
        fingerprint: call.query.fingerprint,
        now: clock.now(),
      }),
      (row) => row,
    );
    const { baseUrl, version } = call;
    return { ...page, results: await show(context, { baseUrl, version }, page.results) };
  });
