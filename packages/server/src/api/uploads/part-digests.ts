import { getUploadPartDigests, type PartDigests } from '@quarry/contract';
import { openBytes } from '../../files/open-bytes.ts';
import { route } from '../../http/route.ts';
import { answerPartDigests } from '../files/part-digests.ts';
import type { UploadsContext } from './context.ts';
import { findOwnUpload } from './find-own.ts';
import { becomeFile, requireAll } from './make-file.ts';

/** Digests of the parts of an upload whose bytes are all there, to find where they differ from what was meant. */
export const partDigests = (context: UploadsContext) =>
  route(getUploadPartDigests, async (call): Promise<PartDigests> => {
    const upload = await findOwnUpload(context, call.caller, call.params.uploadId);
    const { storage } = context;
    return await answerPartDigests(context, call, async () => {
      if (upload.file_id !== null) {
        return await openBytes(context, await becomeFile(context, upload.file_id));
      }
      await requireAll(context, upload);
      return await storage.openStaged(upload.id);
    });
  });
