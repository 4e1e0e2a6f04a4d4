import { createUpload } from '@quarry/contract';
import { findUpload } from '../../db/queries/uploads-find.ts';
import { Answer, route } from '../../http/route.ts';
import type { UploadsContext } from './context.ts';
import { findPartials, joinedBefore } from './join-partials.ts';
import { protocolHeaders } from './protocol-headers.ts';
import { show } from './show.ts';

/** Begins an upload, or joins partial ones (tus 1.0.0: creation, creation-with-upload, concatenation). */
export const create = (context: UploadsContext) =>
  route(
    createUpload,
    async (call): Promise<Answer> => {
      const partials = await findPartials(context, call.caller, call.headers);
      const before = partials === null ? null : await joinedBefore(context, partials);
      if (before !== null) {
        // The answer was lost: what these were joined to is the answer again.
        return new Answer(201, { 'tus-resumable': '1.0.0', 'quarry-file': before.id }, null);
      }
      const length = partials?.reduce((sum, { part }) => sum + part.size_bytes, 0);
      const made = await context.engine.serve(call, null, { length, partials });
      const upload = (await findUpload(context.database.read, made.upload!.id)) ?? made.upload!;
      const [shown] = await show(context, { baseUrl: call.baseUrl, version: call.version }, [upload]);
      const headers = { ...made.headers, ...protocolHeaders(upload) };
      return new Answer(
        made.status,
        { ...headers, 'content-type': 'application/json; charset=utf-8' },
        JSON.stringify(shown),
      );
    },
    context.discovery,
  );
