import { ERRORS } from '@tus/server';
import { HttpProblem } from '../../http/http-problems.ts';
import { meansStorageFull, notFound, Problem, storageFull, tooLarge } from '../../problems.ts';
import { BlobTooLargeError, StagedMissingError, StorageFullError } from '../../storage/storage.ts';
import { DISCOVERY_HEADERS } from './discovery.ts';

const SPEAK_TUS = { 'tus-resumable': DISCOVERY_HEADERS['tus-resumable'] };

/** What the protocol answers to a request that cannot be served, in the shapes of this API; bugs stay what they are. */
export function asProblem(
  response: { status: number },
  text: string,
  failure: unknown,
  uploadBytes: number,
): unknown {
  if (failure === undefined) {
    return fromHeaders(response.status, text);
  }
  if (failure instanceof Problem) {
    return failure;
  }
  if (failure instanceof BlobTooLargeError) {
    return larger();
  }
  if (failure instanceof StagedMissingError) {
    return refusal(410, 'The bytes of this upload are gone.', 'upload_lost', 'Begin a new upload.');
  }
  if (failure instanceof StorageFullError || meansStorageFull(failure)) {
    return storageFull(failure);
  }
  switch (failure) {
    case ERRORS.FILE_NOT_FOUND:
      return notFound();
    case ERRORS.MISSING_OFFSET:
      return header('Upload-Offset is missing.', 'Say from which byte on the body goes on.');
    case ERRORS.INVALID_CONTENT_TYPE:
      return wrongType('none');
    case ERRORS.INVALID_OFFSET:
      return refusal(
        409,
        'Upload-Offset is not where this upload has come to.',
        'offset_mismatch',
        'Ask with HEAD, and go on from the Upload-Offset of the answer.',
      );
    case ERRORS.ERR_SIZE_EXCEEDED:
      return larger();
    case ERRORS.ERR_MAX_SIZE_EXCEEDED:
      return tooLarge(
        `Upload-Length is more than ${uploadBytes} bytes, the most that one upload may have.`,
        'Split the file, or ask whoever runs the platform to raise the limit.',
      );
    case ERRORS.INVALID_LENGTH:
      return header('Upload-Length is missing.', 'Say how many bytes the upload will have.');
    case ERRORS.INVALID_METADATA:
      return header('Upload-Metadata is not as the protocol says.', METADATA_HINT);
    case ERRORS.UNSUPPORTED_CREATION_DEFER_LENGTH_EXTENSION:
      return refusal(
        501,
        'Upload-Defer-Length is not served here.',
        'not_implemented',
        'Say in Upload-Length how many bytes the upload will have.',
      );
    default:
      return failure;
  }
}

const METADATA_HINT =
  'Send pairs separated by commas, each a key, a space and the value in Base64: Upload-Metadata: filename bWVzaC5kYXQ=';

/** Headers that the library refused before it looked at anything else. */
function fromHeaders(status: number, text: string): Problem {
  if (status === 412) {
    return wrongVersion();
  }
  const names = /^Invalid (.+)\n?$/.exec(text)?.[1]?.split(' ') ?? [];
  if (names.includes('tus-resumable')) {
    return wrongVersion();
  }
  if (names.includes('content-type')) {
    return wrongType('another');
  }
  const list = names.join(', ');
  return header(
    `The header ${list || 'of this request'} is not as the protocol says.`,
    names.includes('upload-metadata') ? METADATA_HINT : 'See tus.io/protocols/resumable-upload.',
  );
}

function wrongVersion(): Problem {
  return new HttpProblem(412, 'This is served to tus clients of version 1.0.0 only.', {
    code: 'tus_version',
    hint: 'Send the header "Tus-Resumable: 1.0.0", or upload with POST files/contents/.',
    headers: { ...SPEAK_TUS, 'tus-version': DISCOVERY_HEADERS['tus-version'] },
  });
}

function wrongType(sent: string): Problem {
  return refusal(
    415,
    `The body of an upload needs a Content-Type, and this request has ${sent}.`,
    'unsupported_media_type',
    'Send the bytes as application/offset+octet-stream.',
  );
}

function larger(): Problem {
  return tooLarge(
    'The body goes beyond the end of the upload.',
    'Send no more than is missing from Upload-Offset to Upload-Length.',
  );
}

function header(detail: string, hint: string): Problem {
  return refusal(400, detail, 'invalid_header', hint);
}

function refusal(status: number, detail: string, code: string, hint: string): HttpProblem {
  return new HttpProblem(status, detail, { code, hint, headers: SPEAK_TUS });
}
