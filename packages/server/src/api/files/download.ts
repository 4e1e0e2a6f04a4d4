import { downloadFile } from '@quarry/contract';
import { findVisibleFile } from '../../files/visibility.ts';
import { HttpProblem, unsatisfiableRange } from '../../http/http-problems.ts';
import { Answer, route } from '../../http/route.ts';
import { attachmentNamed } from './attachment.ts';
import type { FilesContext } from './context.ts';
import { nothing, piecesOf } from './pieces.ts';
import { failedPrecondition, rangeCounts, type Validators } from './preconditions.ts';
import { parseRange } from './range.ts';

/** The bytes of a file, whole or a range; for HEAD the same headers without them. */
export const download = (context: FilesContext) =>
  route(downloadFile, async (call): Promise<Answer> => {
    const file = await findVisibleFile(context.database.read, call.caller, call.params.fileId);
    const validators: Validators = {
      etag: `"${file.sha512}"`,
      lastModifiedSeconds: Math.floor(Date.parse(file.date_uploaded) / 1000),
    };
    const headers = {
      'accept-ranges': 'bytes',
      etag: validators.etag,
      'last-modified': new Date(validators.lastModifiedSeconds * 1000).toUTCString(),
    };
    const failed = failedPrecondition(call.headers, validators);
    if (failed === 304) {
      return new Answer(304, headers, nothing(call.method));
    }
    if (failed === 412) {
      throw changed();
    }

    const size = file.size_bytes;
    // RFC 9110, 14.2: a Range header has no meaning for any method but GET.
    const asked =
      call.method === 'GET' && rangeCounts(call.headers, validators) ? call.headers.range : undefined;
    const range = parseRange(asked, size);
    if (range === 'unsatisfiable') {
      throw unsatisfiableRange(asked!, size);
    }
    const part = range === 'whole' ? null : range;
    const length = part === null ? size : part.end - part.start + 1;
    const all = {
      ...headers,
      'content-type': 'application/octet-stream',
      'content-disposition': attachmentNamed(file.name),
      'content-length': String(length),
      ...(part === null ? {} : { 'content-range': `bytes ${part.start}-${part.end}/${size}` }),
    };
    const bytes = await piecesOf(context, file, { method: call.method, start: part?.start ?? 0, length });
    return new Answer(part === null ? 200 : 206, all, bytes);
  });

function changed(): HttpProblem {
  return new HttpProblem(412, 'The file is not the one that If-Match or If-Unmodified-Since names.', {
    code: 'precondition_failed',
    hint: 'Read the file again without the condition; its ETag is its SHA-512.',
  });
}
