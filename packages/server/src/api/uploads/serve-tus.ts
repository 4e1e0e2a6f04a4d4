import { findUpload } from '../../db/queries/uploads-find.ts';
import { Answer } from '../../http/route.ts';
import type { UploadsContext } from './context.ts';
import { findOwn } from './find-own.ts';
import { protocolHeaders } from './protocol-headers.ts';
import type { TusCall } from './tus-engine.ts';

/** Serves a request of the protocol for one upload or part. */
export async function serveTus(
  context: UploadsContext,
  call: TusCall & { params: { uploadId: string } },
): Promise<Answer> {
  const { upload } = await findOwn(context, call.caller, call.params.uploadId);
  const { status, headers } = await context.engine.serve(call, call.params.uploadId);
  const now = await findUpload(context.database.read, upload.id);
  return new Answer(status, { ...headers, ...protocolHeaders(now ?? null) }, null);
}
