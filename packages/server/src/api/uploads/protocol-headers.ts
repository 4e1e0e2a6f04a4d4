import type { UploadRow } from '../../db/tables.ts';

/** What an answer of the protocol says beyond what the library knows: when the upload expires, or what it became. */
export function protocolHeaders(upload: UploadRow | null): Record<string, string> {
  if (upload === null) {
    return {};
  }
  return {
    ...(upload.file_id === null
      ? { 'upload-expires': new Date(upload.expires_at).toUTCString() }
      : { 'quarry-file': upload.file_id }),
    ...(upload.kind === 'partial' ? { 'upload-concat': 'partial' } : {}),
  };
}
