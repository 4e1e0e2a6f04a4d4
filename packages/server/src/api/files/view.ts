import { viewFile } from '@quarry/contract';
import { findVisibleFile } from '../../files/visibility.ts';
import { Answer, route } from '../../http/route.ts';
import { attachmentNamed } from './attachment.ts';
import type { FilesContext } from './context.ts';
import { piecesOf } from './pieces.ts';
import { viewTypeOf } from './view-types.ts';

/** A file as a page of its own: what it holds is not ours, so it gets an origin that is nobody's, and reaches nothing. */
export const view = (context: FilesContext) =>
  route(viewFile, async (call): Promise<Answer> => {
    const file = await findVisibleFile(context.database.read, call.caller, call.params.fileId);
    const type = viewTypeOf(file.name);
    const length = file.size_bytes;
    const headers = {
      'content-type': type ?? 'application/octet-stream',
      'content-length': String(length),
      'content-security-policy': policyOf(call.query.scripts),
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      ...(type === null && { 'content-disposition': attachmentNamed(file.name) }),
    };
    return new Answer(200, headers, await piecesOf(context, file, { method: call.method, start: 0, length }));
  });

/**
 * What such a page may do. `sandbox` holds also where no frame does: it has no cookies, no storage, no windows, and cannot
 * move the page around it. Frames within and links elsewhere are up to the policy of the page around it (`frame-src`).
 */
function policyOf(areScriptsAllowed: boolean): string {
  return [
    areScriptsAllowed ? 'sandbox allow-scripts' : 'sandbox',
    "default-src 'none'",
    ...(areScriptsAllowed ? ["script-src 'unsafe-inline'"] : []),
    "style-src 'unsafe-inline'",
    'img-src data: blob:',
    'font-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
  ].join('; ');
}
