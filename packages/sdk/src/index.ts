export type {
  Analysis,
  AnalysisVersion,
  CatalogueState,
  Cluster,
  ClusterStatus,
  CollectProgress,
  ComputePrice,
  CoreType,
  CreatedSession,
  DeletedFiles,
  DeletedJobs,
  DirectoryEntry,
  DoctorRun,
  EventVerb,
  Failure,
  FileObject,
  Instance,
  Job,
  JobAnalysisDefinition,
  JobCounts,
  JobDefinition,
  JobOutcome,
  JobPreview,
  JobSsh,
  JobStatus,
  JobSummary,
  JobTemplate,
  JobTemplateCreation,
  JobTemplatePreview,
  JobTemplateSummary,
  JobTemplateUpdate,
  JobTemplateVersion,
  JobVariableDefinition,
  LineIndex,
  LoadMeasurement,
  LoggedEvent,
  ManagedProject,
  ManagedUser,
  MatchesInFile,
  OptimizerDefinition,
  OwnSession,
  PasswordChange,
  PlatformEvent,
  Preferences,
  Project,
  RefusedItem,
  RerunJobs,
  ResponseSurface,
  ResultFormat,
  ResultsTable,
  RetryPolicy,
  Run,
  RunUsage,
  RunUsageNow,
  RunUsageSeries,
  Sensitivity,
  SensitivityMethod,
  Session,
  SignIn,
  SignInLink,
  SkippedOutput,
  Snapshot,
  SshPublicKey,
  StorageDevice,
  StorageDeviceAttachment,
  StorageDeviceStatus,
  StorageEntry,
  StoredEntry,
  StreamVerb,
  SystemState,
  Tag,
  TaggedJobs,
  Task,
  TaskKind,
  TaskStatus,
  TemplateField,
  TemplateFieldDefinition,
  TemplateFieldType,
  TemplateValue,
  UsageBy,
  UsageReport,
  UsageSums,
  User,
  Waiting,
} from '@quarry/contract';
export type { CallOptions } from './call-options.ts';
export { Quarry } from './client.ts';
export type { FieldError } from './error-body.ts';
export {
  ApiError,
  AuthenticationError,
  BadRequestError,
  ConflictError,
  ConnectionError,
  type FailedFile,
  FileExistsError,
  FilesFailedError,
  IntegrityError,
  InvalidResponseError,
  isOutage,
  LocalFileError,
  type LocalFileProblem,
  NotFoundError,
  PayloadTooLargeError,
  PermissionError,
  QuarryError,
  RateLimitError,
  ServerError,
  TimeoutError,
  UnknownCallError,
} from './errors.ts';
export type { KeyedCallOptions } from './idempotency.ts';
export type { FilesArchiveOptions, JobArchiveOptions } from './lib/archive.ts';
export type { CloneOptions } from './lib/clone.ts';
export type { CreateManyOptions } from './lib/create-many.ts';
export { toDefinition } from './lib/definition.ts';
export type { DownloadOptions } from './lib/download.ts';
export type { FileEvent, FollowFileOptions } from './lib/follow-file.ts';
export type { EventsOptions, JobEvent } from './lib/job-events.ts';
export { hasEnded, latestAttempt } from './lib/outcome.ts';
export type { PlatformEventsOptions, PlatformNews } from './lib/platform-events.ts';
export type { OnProgress, Progress } from './lib/progress.ts';
export type { RestartOptions } from './lib/restart.ts';
export { mergeResults, type ResultRecord, type ResultsDownloadOptions, toRecords } from './lib/results.ts';
export type { SnapshotOptions } from './lib/snapshot.ts';
export type { StatusWatch } from './lib/status-watch.ts';
export type { StoppedJobs } from './lib/stop-jobs.ts';
export type { OnTransferEvent, TransferEvent } from './lib/transfer-events.ts';
export type { SavedFile, SaveOptions } from './lib/transfers/save.ts';
export { type DownloadSink, fileSink, type WritableFileHandle } from './lib/transfers/sink.ts';
export type { SavedBlob } from './lib/transfers/to-blob.ts';
export type { UploadSource } from './lib/upload.ts';
export type { UploadOptions } from './lib/upload-options.ts';
export type { JobResult, WaitOptions } from './lib/wait.ts';
export type { TaskWaitOptions } from './lib/wait-task.ts';
export { Listing, type ListPage } from './pagination.ts';
export type { FillOptions, TemplateValues } from './resources/job-templates.ts';
export type {
  DeleteJobOptions,
  RerunOptions,
  ResponseSurfaceOptions,
  ResultsOptions,
  SensitivityOptions,
  StopJobOptions,
  TailOptions,
} from './resources/jobs/options.ts';
export type { Input, QuarryOptions, RequestSpec, Transport } from './transport.ts';
export type { PlatformWarning } from './warnings.ts';
