import type { RestartSource, SignInWay, TaskKind, TaskStatus } from '@quarry/contract';
import type { Generated } from 'kysely';
import type { Instant } from '../clock.ts';

/**
 * Row types. The portable subset holds for every column: times are ISO text, booleans are 0 or 1, structured
 * values are JSON text. Rows never reach the wire; each resource's `to-wire.ts` maps them.
 */
export interface Tables {
  workspaces: WorkspaceRow;
  users: UserRow;
  api_keys: ApiKeyRow;
  sessions: SessionRow;
  sign_in_codes: SignInCodeRow;
  projects: ProjectRow;
  project_members: ProjectMemberRow;
  blobs: BlobRow;
  files: FileRow;
  file_counts: FileCountRow;
  jobs: JobRow;
  job_inputs: JobInputRow;
  job_tags: JobTagRow;
  job_dependencies: JobDependencyRow;
  job_statuses: JobStatusRow;
  job_stretches: JobStretchRow;
  clusters: ClusterRow;
  cluster_statuses: ClusterStatusRow;
  runs: RunRow;
  run_usage: RunUsageRow;
  events: EventRow;
  idempotency_keys: IdempotencyKeyRow;
  uploads: UploadRow;
  upload_parts: UploadPartRow;
  storage_devices: StorageDeviceRow;
  storage_device_statuses: StorageDeviceStatusRow;
  job_storage_devices: JobStorageDeviceRow;
  snapshots: SnapshotRow;
  deliveries: DeliveryRow;
  persistent_clusters: PersistentClusterRow;
  persistent_cluster_statuses: PersistentClusterStatusRow;
  tasks: TaskRow;
  restarted_runs: RestartedRunRow;
  job_templates: JobTemplateRow;
  job_template_versions: JobTemplateVersionRow;
  job_template_files: JobTemplateFileRow;
}

export type Bit = 0 | 1;
export type Role = 'member' | 'manager' | 'admin';

export interface WorkspaceRow {
  id: string;
  name: string;
  company_code: string;
  company_name: string;
  date_inserted: Instant;
}

export interface UserRow {
  id: string;
  workspace_id: string;
  email: string;
  first_name: string;
  last_name: string;
  role: Role;
  /** Longest walltime of this user's jobs; null for the site's. */
  max_job_hours: number | null;
  is_active: Bit;
  /** JSON list of lines: the SSH keys that the user's jobs let in. */
  ssh_keys: Generated<string>;
  /** Networks that they may come from where a job names none; empty for all. */
  cidr_rule: Generated<string>;
  /** Argon2id in the PHC format; null without a password. */
  password_hash: Generated<string | null>;
  /** JSON object of what pages keep for them. */
  preferences: Generated<string>;
  date_inserted: Instant;
}

export interface ApiKeyRow {
  id: string;
  user_id: string;
  name: string;
  /** SHA-256 of the key, hex; the key itself is nowhere. */
  key_hash: string;
  /** The first characters, so that people can tell keys apart. */
  key_prefix: string;
  /** Set for a job's own key, which dies with the job. */
  job_id: string | null;
  date_inserted: Instant;
  expires_at: Instant | null;
  last_used_at: Instant | null;
  revoked_at: Instant | null;
}

/** A browser that is signed in. Its row goes when it ends. */
export interface SessionRow {
  id: string;
  user_id: string;
  way: SignInWay;
  /** The key that began it, with which it ends. */
  key_id: string | null;
  /** SHA-256, hex, of its token and of its cookie: a request needs both, and neither is anywhere. */
  token_hash: string;
  cookie_hash: string;
  /** What the browser called itself, and where it signed in from. */
  user_agent: string;
  address: string;
  date_inserted: Instant;
  last_used_at: Instant;
  expires_at: Instant;
}

/** What a link is for: signing in, or setting a password as well. */
export type SignInPurpose = 'sign_in' | 'password';

/** What signs somebody in once. Its row goes when it is used. */
export interface SignInCodeRow {
  /** SHA-256, hex; the code itself is nowhere. */
  code_hash: string;
  purpose: SignInPurpose;
  user_id: string;
  /** The key that made it, with which it and what it begins end; null for what an administrator made for somebody. */
  key_id: string | null;
  /** The administrator who made it for somebody; null for one of the user's own, and of earlier versions. */
  maker_id: Generated<string | null>;
  /** The key by which they did; null for a session. */
  maker_key_id: Generated<string | null>;
  date_inserted: Instant;
  expires_at: Instant;
}

export interface ProjectRow {
  id: string;
  workspace_id: string;
  name: string;
  description: string;
  is_default: Bit;
  is_active: Bit;
  date_inserted: Instant;
}

export interface ProjectMemberRow {
  project_id: string;
  user_id: string;
  is_manager: Bit;
}

export interface BlobRow {
  sha512: string;
  size_bytes: number;
  date_inserted: Instant;
  /** When the bytes were given up because no living file pointed to them; null while they are there. */
  collected_at: Instant | null;
}

export interface FileRow {
  id: string;
  owner_id: string;
  name: string;
  type_id: number;
  sha512: string;
  size_bytes: number;
  /** Relative to the work directory of its run; an input's is its name. */
  relative_path: string;
  /** Name and relative path in the form that `search` compares. */
  search_text: string;
  path: string;
  encryption_key: string;
  /** The job and run whose output this is. */
  job_id: string | null;
  run_number: number | null;
  date_uploaded: Instant;
  deleted_at: Instant | null;
  /** Where it came from. */
  is_executable: Bit;
  /** When its content changed last where it came from; null where nobody told. */
  date_modified: Instant | null;
  /** Left by a run that was cut off. */
  is_unfinished: Bit;
}

export interface UploadRow {
  id: string;
  owner_id: string;
  name: string;
  type_id: number;
  size_bytes: number;
  is_executable: Bit;
  date_modified: Instant | null;
  /** The `Upload-Metadata` of its creation, as sent. */
  metadata: string;
  /** The client's own mark of what it sends. */
  fingerprint: string | null;
  /** `whole` and `divided` become a file by themselves, `partial` (tus, concatenation) only with others. */
  kind: 'whole' | 'divided' | 'partial';
  /** Set when it has become a file. */
  file_id: string | null;
  date_inserted: Instant;
  expires_at: Instant;
}

/** A stretch that is sent by itself; the only one of an undivided upload has its id. */
export interface UploadPartRow {
  id: string;
  upload_id: string;
  /** Where it begins in the file, in bytes. */
  start: number;
  size_bytes: number;
  /** Safe on disk, from its beginning on. */
  received_bytes: number;
}

/** How many living files an owner has, so that a list need not count a million rows. */
export interface FileCountRow {
  owner_id: string;
  files: number;
}

export interface JobRow {
  id: string;
  owner_id: string;
  project_id: string | null;
  name: string;
  description: string;
  /** The definition as the contract parsed it, with versions and defaults filled in. */
  definition: string;
  /** `jobs/life/state.ts` owns this: the job's place in its life, as JSON. */
  state: string;
  /** Display name of the latest status; null before submit. */
  status: string | null;
  is_completed: Bit;
  is_low_priority: Bit;
  core_type: string;
  cores_per_slot: number;
  /** As its core type said when the job was saved. */
  gpus_per_slot: Generated<number>;
  slots: number;
  walltime_seconds: number;
  /** Frozen at submit, so that a later price list does not change what a job cost. */
  price_per_core_hour: string;
  currency: string;
  tags: string;
  /** JSON object: values by the names of fields. */
  custom_fields: Generated<string>;
  analysis_names: string;
  /** JSON list: codes of the software of its tiles, each once. */
  analysis_codes: Generated<string>;
  /** As the state says: how it ended; null until then. */
  outcome: string | null;
  /** For how long its runs were executed in all, set when it ends; null until then. */
  executed_seconds: number | null;
  cloned_from: string | null;
  /** From one snapshot of a run to the next by its schedule; null without one. */
  snapshot_minutes: number | null;
  /** Id of the job from whose files its run begins. */
  restarted_from: string | null;
  /** JSON of {code, message, position} while the job waits for its cluster. */
  waiting: string | null;
  output_bytes: number;
  /** The cluster that executes its runs now, or did last; null before submit. */
  cluster_id: string | null;
  /** Has runs by parameters: outputs are listed under `run<N>/`. */
  is_sweep: Generated<Bit>;
  /** As planned from the definition; grows when an optimizer asks for more. */
  expected_runs: number | null;
  /** Seconds for which clusters of its own before the current one executed runs. */
  used_seconds: Generated<number>;
  /** The persistent cluster that it is to be executed on, or was last; null for one with clusters of its own. */
  persistent_cluster_id: Generated<string | null>;
  /** Seconds for which runs were executed on persistent clusters before the current one: paid for with those. */
  covered_seconds: Generated<number>;
  /** JSON of JobOptimization; null for a job without an optimizer, and before submit. */
  optimization: string | null;
  /** JSON of the sums over ended runs, see `jobs/usage.ts`; null before the first has ended. */
  usage: string | null;
  date_inserted: Instant;
  date_submitted: Instant | null;
  date_started: Instant | null;
  date_completed: Instant | null;
  deleted_at: Instant | null;
}

export interface JobInputRow {
  job_id: string;
  tile: number;
  position: number;
  file_id: string;
  decompress: Bit;
  /** What the job uses the file for; only an `input` is staged as it is, and what is `restored` lies where it lay before. */
  role: Generated<'input' | 'param' | 'case' | 'template' | 'script' | 'restored'>;
  /** Of what is `restored` for one run alone, its number; null for all else. */
  run_number: number | null;
}

/** By which tags a job is found; as they are written they stand on the job. */
export interface JobTagRow {
  job_id: string;
  normalized_name: string;
}

/** A job that another one is to start after. */
export interface JobDependencyRow {
  job_id: string;
  position: number;
  on_job_id: string;
  condition: 'success' | 'failure' | 'any';
  /** Null before the job is submitted. */
  verdict: 'open' | 'met' | 'failed' | null;
}

/** When a job was executed on a cluster of its own before the current one. */
export interface JobStretchRow {
  job_id: string;
  date_started: Instant;
  date_ended: Instant;
}

export interface JobStatusRow {
  id: string;
  job_id: string;
  status: string;
  status_date: Instant;
  status_reason: string | null;
  /** Grows from row to row over all jobs, in the order in which they became visible. */
  seq: number;
}

export interface ClusterRow {
  id: string;
  job_id: string;
  scheduler: string;
  directory: string;
  /** Whether its agent finds the server's files under the same paths, and the server its directory. */
  shares_files: Generated<Bit>;
  /** What the scheduler needs to find the cluster again, as JSON; null until it was started. */
  handle: string | null;
  /** Highest event number applied. */
  applied_event: number;
  /** Number of the last batch of runs handed to the agent. */
  batch: number;
  /** Slots that the scheduler has given; null until it was started. */
  slots_granted: number | null;
  /** Of the host that its agent is on; null until it has spoken. */
  hostname: string | null;
  /** JSON of {address, problem}: where people log in by SSH, or why they cannot; null until its agent has told. */
  ssh: string | null;
  /** The persistent cluster of which this is the share of a job; null for a cluster by itself. */
  persistent_id: Generated<string | null>;
  /** Whether outputs that could be kept nowhere else lie in its directory, which then stays until the job is deleted. */
  holds_outputs: Generated<Bit>;
  is_ended: Bit;
  date_inserted: Instant;
  date_ended: Instant | null;
}

/** A cluster that outlives the jobs on it. */
export interface PersistentClusterRow {
  id: string;
  owner_id: string;
  /** The project whose jobs may be executed on it, too. */
  project_id: string | null;
  name: string;
  core_type: string;
  cores_per_slot: number;
  gpus_per_slot: number;
  slots: number;
  walltime_seconds: number;
  /** Without a job for so long it ends. */
  idle_seconds: number;
  is_low_priority: Bit;
  price_per_core_hour: string;
  currency: string;
  /** JSON list of {code, version}, as they were named. */
  analyses: string;
  /** `jobs/clusters/state.ts` owns this. */
  phase: 'not_started' | 'queued' | 'launched' | 'started' | 'ending' | 'stopped';
  /** Why it ends, in words; null before. */
  ending: string | null;
  scheduler: string;
  directory: string;
  /** What the scheduler needs to find its holder again, as JSON; null until it was started. */
  handle: string | null;
  slots_granted: number | null;
  hostname: string | null;
  /** JSON of {code, message, position} while it waits for its cores. */
  waiting: string | null;
  date_inserted: Instant;
  date_submitted: Instant | null;
  date_started: Instant | null;
  date_ended: Instant | null;
}

export interface PersistentClusterStatusRow {
  id: string;
  cluster_id: string;
  status: string;
  status_date: Instant;
  status_reason: string | null;
}

export interface ClusterStatusRow {
  id: string;
  cluster_id: string;
  status: string;
  status_date: Instant;
  status_reason: string | null;
}

export interface RunRow {
  job_id: string;
  number: number;
  /** Batch in which the run went to the agent; null while it is only planned. */
  batch: number | null;
  date_started: Instant | null;
  date_completed: Instant | null;
  outcome: string | null;
  exit_code: number | null;
  /** JSON of {code, message, hint}. */
  failure: string | null;
  /** JSON list of {relativePath, reason}: what the run left that could not be kept, the first of it. */
  skipped: string;
  /** How much that is. */
  skipped_count: Generated<number>;
  /** JSON of CollectProgress while the outputs are collected; null before, and once the run has ended. */
  collecting: string | null;
  output_count: number;
  output_bytes: number;
  /** RUN_TYPE of the contract; a run of type 1 stands for an optimization and is not executed. */
  type: Generated<number>;
  /** Number of the run of type 1 that this one belongs to. */
  parent: number | null;
  is_optimal: Generated<Bit>;
  /** From 1; one more each time the run is executed again. */
  attempt: Generated<number>;
  /** JSON list of RunAttempt: the attempts before. */
  attempts: Generated<string>;
  /** Grows within the job with each change of what its table of results shows; 0 as planned. Written by the database. */
  revision: Generated<number>;
  /** JSON list of texts, in the order of the job's input variables. */
  inputs: Generated<string>;
  /** JSON list of [name, number]: what the post-process scripts printed. */
  results: Generated<string>;
  /** JSON of RunUsage. */
  usage: string | null;
  stop_requested: Generated<Bit>;
  /** Its outputs are what it had left when it was cut off by the end of its agent. */
  is_unfinished: Generated<Bit>;
  /** The attempt goes on in `directory`, where the one before was cut off. */
  is_resumed: Generated<Bit>;
  /** Of a run that was cut off, its directory on the cluster that executed it, while that is kept; null otherwise. */
  directory: string | null;
  /** What it takes on the disk; null when nobody has looked. */
  directory_bytes: number | null;
  /** When it is removed, unless the run is being resumed there then. */
  directory_expires_at: Instant | null;
}

/** What a run uses while it runs; no row for one that ended before it was looked at. */
export interface RunUsageRow {
  job_id: string;
  number: number;
  /** Of the run; another one begins anew. */
  attempt: number;
  /** When its first command was started, by the agent. */
  begun_at: Instant;
  /** Seconds between two points, at least. */
  resolution_seconds: number;
  /** JSON list of points, see `jobs/runs/usage-series.ts`. */
  points: string;
  /** JSON of what the newest sample said, for lists. */
  latest: string;
}

export interface StorageDeviceRow {
  id: string;
  owner_id: string;
  /** The project whose members use it, too. */
  project_id: string | null;
  name: string;
  size_bytes: number;
  /** What it held on the disk when that was measured last; null before. */
  used_bytes: number | null;
  date_measured: Instant | null;
  /** The alert that was given last, in percent of the size; 0 for none. */
  alerted_percent: number;
  /** JSON of DeviceSettings, see `devices/settings.ts`. */
  settings: string;
  /** Of its history the latest. */
  status: string;
  /** The project of the file system's quotas that what lies on it belongs to; null for none. */
  quota_project: number | null;
  /** The file system has been found to hold its size. */
  is_held: Bit;
  date_inserted: Instant;
  deleted_at: Instant | null;
}

export interface StorageDeviceStatusRow {
  id: string;
  device_id: string;
  status: string;
  status_date: Instant;
  status_reason: string | null;
}

/** Which storage devices a job has. */
export interface JobStorageDeviceRow {
  job_id: string;
  device_id: string;
}

/** Of the work directory of a run; there is one at a time that is pending. */
export interface SnapshotRow {
  id: string;
  job_id: string;
  run_number: number;
  kind: 'snapshot' | 'checkpoint';
  /** Who wanted it: somebody, or the schedule of its job. */
  cause: 'request' | 'schedule';
  state: 'pending' | 'done' | 'failed';
  date_requested: Instant;
  date_completed: Instant | null;
  /** Its archive; null until it is done. */
  file_id: string | null;
  file_count: number | null;
  is_cloned: Bit | null;
  /** JSON list of paths that changed while they were copied, the first of them. */
  changed: Generated<string>;
  changed_count: Generated<number>;
  /** JSON list of {relativePath, reason}: what could not be taken, the first of it. */
  skipped: Generated<string>;
  skipped_count: Generated<number>;
  /** Why it has failed, for people. */
  reason: string | null;
}

/** What takes long and goes on by itself. */
export interface TaskRow {
  id: string;
  kind: TaskKind;
  owner_id: string;
  /** The job whose own key asked for it; null for a key of the owner's. */
  asked_by_job: string | null;
  subject_type: 'job' | 'storage-device';
  subject_id: string;
  /** JSON of what is wanted, see `tasks/wishes.ts`. */
  wish: string;
  /** `tasks/state.ts` owns this. */
  state: TaskStatus;
  /** As it was at the end; while the task runs, its runner knows. */
  progress_done: Generated<number>;
  progress_of: number | null;
  /** JSON of what it has made; null until it is done. */
  result: string | null;
  /** JSON of {code, message, hint}. */
  error: string | null;
  date_inserted: Instant;
  date_started: Instant | null;
  date_ended: Instant | null;
  /** When the row is removed; null until the task has ended. */
  expires_at: Instant | null;
}

/** A run that goes on from the run of its number in the job that its own was restarted from. */
export interface RestartedRunRow {
  job_id: string;
  number: number;
  source: RestartSource;
  /** Null for outputs. */
  snapshot_id: string | null;
}

/** Answers that a repeated request gets again. */
export interface IdempotencyKeyRow {
  user_id: string;
  key: string;
  /** Of the request: the same key with another request is refused. */
  fingerprint: string;
  /** JSON of what the request made, such as {"jobId"}. */
  answer: string;
  date_inserted: Instant;
}

/** Append-only log: who did what to what, when. */
export interface EventRow {
  seq: Generated<number>;
  at: Instant;
  actor_id: string | null;
  subject: string;
  verb: string;
  detail: string;
}

/** An output that an agent brings which shares no disk with the server; it goes with its cluster. */
export interface DeliveryRow {
  /** The name that its bytes are staged under. */
  id: string;
  cluster_id: string;
  sha512: string;
  size_bytes: number;
  /** Bytes that are safe, from the first on. */
  received_bytes: number;
  /** Whether it is in the store. */
  is_stored: Bit;
}

/** A form by which jobs are made. */
export interface JobTemplateRow {
  id: string;
  /** The project whose members may use it; null for everybody. */
  project_id: string | null;
  /** That of its newest version, by which lists are ordered. */
  name: string;
  /** The newest one. */
  version: number;
  is_archived: Bit;
  date_inserted: Instant;
}

/** What it was from one change to the next. */
export interface JobTemplateVersionRow {
  template_id: string;
  /** From 1. */
  version: number;
  name: string;
  description: string;
  /** JSON list of the fields, as the contract parsed them. */
  fields: string;
  /** JSON of a definition as a client sent it, which the contract of each version of the platform parses anew. */
  definition: string;
  author_id: string;
  date_inserted: Instant;
}

/** Files that definitions of any version of a template name: whoever may use it may attach them. */
export interface JobTemplateFileRow {
  file_id: string;
  template_id: string;
}
