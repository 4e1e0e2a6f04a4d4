export { ConnectedQuarry, type ConnectOptions, type CredentialSource, connect } from './node/connect.ts';
export { downloadFile } from './node/download/download-file.ts';
export { downloadFiles } from './node/download/download-files.ts';
export { downloadUrl } from './node/download/download-url.ts';
export type {
  DownloadedFile,
  DownloadedUrl,
  DownloadOptions,
  DownloadUrlOptions,
  Existing,
} from './node/download/options.ts';
export { type DownloadJobOptions, downloadJob, type Listed } from './node/download-job.ts';
export { type EmbeddedServer, runningServers } from './node/embedded-server.ts';
export { type Environment, environmentCredentials, profilesPath } from './node/environment.ts';
export { type Profile, readProfiles, removeProfile, writeProfile } from './node/profiles.ts';
export { safePath } from './node/safe-path.ts';
export { type SyncedJob, type SyncJobOptions, syncJob } from './node/sync-job.ts';
export type { UploadPathOptions } from './node/upload/sending.ts';
export { uploadPath } from './node/upload/upload-path.ts';
export { type UploadedFile, type UploadPathsOptions, uploadPaths } from './node/upload/upload-paths.ts';
