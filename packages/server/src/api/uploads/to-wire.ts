import type { Upload } from '@quarry/contract';
import type { FileWithOwner } from '../../db/queries/files-list.ts';
import type { UploadPartRow, UploadRow } from '../../db/tables.ts';
import { type FileWireOptions, fileToWire } from '../files/to-wire.ts';

export interface UploadWireOptions extends FileWireOptions {
  parts: readonly UploadPartRow[];
  isActive: boolean;
  /** The file that it became; null while it has not, or when that was deleted. */
  file: FileWithOwner | null;
}

/** An upload as the API shows it. */
export function uploadToWire(upload: UploadRow, options: UploadWireOptions): Upload {
  const { parts, isActive, file } = options;
  const received = parts.reduce((sum, part) => sum + part.received_bytes, 0);
  return {
    id: upload.id,
    name: upload.name,
    typeId: upload.type_id,
    sizeBytes: upload.size_bytes,
    receivedBytes: upload.file_id === null ? received : upload.size_bytes,
    fingerprint: upload.fingerprint,
    isActive,
    dateInserted: upload.date_inserted,
    expiresAt: upload.expires_at,
    parts:
      upload.kind === 'divided'
        ? parts.map((part) => ({
            id: part.id,
            start: part.start,
            sizeBytes: part.size_bytes,
            receivedBytes: part.received_bytes,
          }))
        : [],
    file: file === null ? null : fileToWire(file, options),
  };
}
