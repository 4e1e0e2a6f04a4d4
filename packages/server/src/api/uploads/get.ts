import { getUpload } from '@quarry/contract';
import { Answer, route } from '../../http/route.ts';
import type { UploadsContext } from './context.ts';
import { findOwnUpload } from './find-own.ts';
import { serveTus } from './serve-tus.ts';
import { show } from './show.ts';

/** An upload as JSON, or to HEAD how far it or a part has come (tus 1.0.0). */
export const get = (context: UploadsContext) =>
  route(
    getUpload,
    async (call): Promise<Answer> => {
      if (call.method === 'HEAD') {
        return await serveTus(context, call);
      }
      const upload = await findOwnUpload(context, call.caller, call.params.uploadId);
      const [shown] = await show(context, { baseUrl: call.baseUrl, version: call.version }, [upload]);
      return Answer.json(shown);
    },
    context.discovery,
  );
