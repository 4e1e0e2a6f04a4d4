import type { ApiVersion, FileObject } from '@quarry/contract';
import type { FileWithOwner } from '../../db/queries/files-list.ts';

/** What the bytes lie in, as clients of an object store expect to be told. */
const STORAGE = {
  id: 'local',
  storageType: 'LocalStorage',
  encryptionType: 'default',
  connectionSettings: { container: 'quarry' },
} as const;

export interface FileWireOptions {
  /** Scheme, host and port as the requester sees them. */
  baseUrl: string;
  /** v2 when absent. */
  version?: ApiVersion;
  /** False blanks the encryption key. */
  includeKeys?: boolean;
  /** The jobs that use the file; absent leaves the field out. */
  jobs?: readonly { id: string; name: string }[];
}

/** A file as the API shows it. */
export function fileToWire(file: FileWithOwner, options: FileWireOptions): FileObject {
  const { baseUrl, version = 'v2', includeKeys = true, jobs } = options;
  return {
    id: file.id,
    name: file.name,
    typeId: file.type_id,
    owner: file.owner_email,
    dateUploaded: file.date_uploaded,
    path: file.path,
    relativePath: file.relative_path,
    decryptedSize: file.size_bytes,
    downloadUrl: `${baseUrl}/api/${version}/files/${file.id}/contents/`,
    encodedEncryptionKey: includeKeys ? file.encryption_key : '',
    isUploaded: true,
    isDeleted: file.deleted_at !== null,
    viewInBrowser: false,
    sharedWith: [],
    fileChecksums: [{ hashFunction: 'sha512', fileHash: file.sha512 }],
    storage: STORAGE,
    pathParts: { container: STORAGE.connectionSettings.container, path: file.path },
    iv: null,
    executable: file.is_executable === 1,
    dateModified: file.date_modified,
    isUnfinished: file.is_unfinished === 1,
    userTags: [],
    ...(jobs === undefined ? {} : { jobs: { results: [...jobs] } }),
  };
}
