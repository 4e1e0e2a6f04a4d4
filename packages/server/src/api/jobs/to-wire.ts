import type {
  ApiVersion,
  CustomFields,
  Dependency,
  FileObject,
  Job,
  JobSummary,
  JobSummaryV3,
  JobV3,
  Waiting,
} from '@quarry/contract';
import type { Catalog } from '../../catalog/types.ts';
import { type Clock, secondsBetween } from '../../clock.ts';
import type { JobWithOwner } from '../../db/queries/find-job.ts';
import type { SummaryRow } from '../../db/queries/list-jobs.ts';
import { normalizedTag } from '../../db/queries/normalized-tag.ts';
import type { ClusterStatusRow, JobStatusRow } from '../../db/tables.ts';
import { costOf } from '../../jobs/definition/estimate.ts';
import { billingPriority, type StoredDefinition, type StoredTile } from '../../jobs/definition/stored.ts';
import type { JobState } from '../../jobs/life/state.ts';
import { readState } from '../../jobs/life/store.ts';

const DEFAULT_SSH_PORT = 22;

export interface JobWireContext {
  catalog: Catalog;
  clock: Clock;
  version: ApiVersion;
  /** Wire objects of the input files by id. */
  files: ReadonlyMap<string, FileObject>;
  /** The jobs that it is to start after. */
  after: Dependency[];
}

/** How many runs of a job have ended; null before it was submitted. */
export function progressToWire({ phase, runs, runsLeft, runsFailed }: JobState): Job['progress'] {
  return phase === 'saved' ? null : { runs, ended: runs - runsLeft, failed: runsFailed };
}

/** A job in full, in the shape of the version that was asked for. */
export function jobToWire(
  row: JobWithOwner,
  definition: StoredDefinition,
  context: JobWireContext,
): Job | JobV3 {
  const state = readState(row.state);
  const elapsed = elapsedSeconds(row, context.clock);
  const common = {
    id: row.id,
    name: row.name,
    owner: row.owner,
    dateInserted: row.date_inserted,
    description: row.description,
    projectId: row.project_id,
    folderId: null,
    clonedFrom: row.cloned_from,
    jobTemplate: definition.jobTemplate,
    isLowPriority: row.is_low_priority === 1,
    billingPriorityValue: billingPriority(definition),
    isTemplate: definition.isTemplate,
    expectedRuns: row.expected_runs,
    jobvariables: definition.jobvariables,
    paramFile: fileOrNull(definition.paramFile, context),
    caseFile: fileOrNull(definition.caseFile, context),
    optimizer: definition.optimizer,
    includeNominalRun: definition.includeNominalRun,
    monteCarloIterations: definition.monteCarloIterations,
    isTemplateDryRun: definition.isTemplateDryRun,
    archiveFilters: definition.archiveFilters,
    resourceFilters: definition.resourceFilters,
    remoteVizConfig: null,
    userTags: tagsToWire(row.tags),
    customFields: customFieldsToWire(row.custom_fields),
    cidrRule: definition.cidrRule ?? '',
    publicKey: definition.publicKey ?? '',
    sshPort: definition.sshPort ?? DEFAULT_SSH_PORT,
    jobAutomations: [],
    clusterId: row.persistent_cluster_id,
    elapsedWalltimeSeconds: elapsed,
    sharedWith: [],
    status: row.status as Job['status'],
    outcome: state.phase === 'completed' ? state.outcome : null,
    failure: state.phase === 'completed' ? state.failure : null,
    waiting: row.waiting === null ? null : waitingToWire(JSON.parse(row.waiting), context.after),
    after: context.after,
    cost: costToWire(row, elapsed),
    retryPolicy: definition.retryPolicy as Job['retryPolicy'],
    storageDevices: definition.storageDevices.map(({ id, inputFiles }) => ({
      id,
      inputFiles: inputFiles.map((file) => ({ ...file, name: file.name! })),
    })),
    snapshots: definition.snapshots as Job['snapshots'],
    checkpoints: definition.checkpoints,
    restartedFrom: definition.restart?.from ?? null,
    slotsGranted: row.slots_granted,
    progress: progressToWire(state),
    optimization: row.optimization === null ? null : JSON.parse(row.optimization),
    usage: row.usage === null ? null : JSON.parse(row.usage),
  };
  if (context.version === 'v3') {
    return {
      ...common,
      ...V3_ONLY,
      jobanalyses: definition.jobanalyses.map((tile) => tileToWireV3(tile, context)),
    };
  }
  return { ...common, jobanalyses: definition.jobanalyses.map((tile) => tileToWire(tile, context)) };
}

/** Keys that clients of v3 read and that say nothing on this platform. */
const V3_ONLY = {
  attachedJobs: [],
  autoAttachCloudfilesystem: false,
  autosuspend: null,
  currentUserHasFullAccess: true,
  delayedStart: null,
  isPinned: false,
  isPublisherSandbox: false,
  launchConfig: null,
  osCostTier: 'linux-free',
  overrideImageName: null,
  overrideImageRegion: null,
  region: null,
  rsjJob: null,
  study: null,
  supportsReboot: false,
  suspendAvailable: false,
  suspensionStatus: null,
  templatedFrom: null,
};

function tileToWire(tile: StoredTile, context: JobWireContext): Job['jobanalyses'][number] {
  const { coreType, ...hardware } = hardwareToWire(tile, context.catalog);
  return {
    ...tileFields(tile, context),
    analysis: analysisToWire(tile, context.catalog),
    hardware: { coreType, ...hardware },
  };
}

function tileToWireV3(tile: StoredTile, context: JobWireContext): JobV3['jobanalyses'][number] {
  const { coreType, ...hardware } = hardwareToWire(tile, context.catalog);
  const { code, version } = tile.analysis;
  return {
    ...tileFields(tile, context),
    analysis: {
      ...analysisToWire(tile, context.catalog),
      id: context.catalog.version(code, version)?.id ?? code,
      type: 'compute',
    },
    hardware: {
      coreType: { code: coreType, name: context.catalog.coreType(coreType)?.name ?? coreType },
      ...hardware,
    },
  };
}

function analysisToWire(tile: StoredTile, catalog: Catalog) {
  const { code, version } = tile.analysis;
  return {
    code,
    name: catalog.analysis(code)?.name ?? code,
    version,
    versionName: catalog.version(code, version)?.name ?? version,
  };
}

function hardwareToWire(tile: StoredTile, catalog: Catalog) {
  const { coreType, coresPerSlot, slots, walltime, type } = tile.hardware;
  const known = catalog.coreType(coreType);
  return {
    coreType,
    coresPerSlot,
    slots,
    walltime,
    type,
    coreSummary: {
      numberOfNodes: 1,
      memoryPerNode: (known?.memoryMbPerCore ?? 0) * coresPerSlot,
      storagePerNode: (known?.storageGbPerCore ?? 0) * coresPerSlot,
    },
  };
}

function tileFields(tile: StoredTile, context: JobWireContext) {
  return {
    command: tile.command,
    envVars: tile.envVars,
    flags: tile.flags,
    inputFiles: tile.inputFiles.flatMap(({ id, decompress }) => {
      const file = context.files.get(id);
      return file ? [{ ...file, decompress }] : [];
    }),
    inputFolders: [],
    templateTasks: tile.templateTasks.flatMap(({ processedFilename, templateFile }) => {
      const file = context.files.get(templateFile.id);
      return file ? [{ processedFilename, templateFile: file }] : [];
    }),
    preProcessScript: fileOrNull(tile.preProcessScript, context),
    preProcessScriptCommand: tile.preProcessScriptCommand,
    postProcessScript: fileOrNull(tile.postProcessScript, context),
    postProcessScriptCommand: tile.postProcessScriptCommand,
    useRescaleLicense: tile.useRescaleLicense,
    onDemandLicenseSeller: tile.onDemandLicenseSeller,
    userDefinedLicenseSettings: tile.userDefinedLicenseSettings,
  };
}

function fileOrNull(file: { id: string } | null, context: JobWireContext): FileObject | null {
  return (file && context.files.get(file.id)) ?? null;
}

type Elapsed = Pick<JobWithOwner, 'date_started' | 'date_completed' | 'used_seconds' | 'covered_seconds'>;

function elapsedSeconds(row: Elapsed, clock: Clock): number | null {
  const before = row.used_seconds + row.covered_seconds;
  if (row.date_started === null) {
    return before === 0 ? null : before;
  }
  return before + Math.max(0, secondsBetween(row.date_started, row.date_completed ?? clock.now()));
}

type Paid = Pick<JobWithOwner, 'persistent_cluster_id' | 'covered_seconds' | 'used_seconds'>;

/** What a job has executed on persistent clusters is paid for with those. */
function paidSeconds(row: Paid, elapsed: number): number {
  return row.persistent_cluster_id === null ? elapsed - row.covered_seconds : row.used_seconds;
}

function costToWire(row: Priced & Paid & Pick<JobWithOwner, 'walltime_seconds'>, elapsed: number | null) {
  return {
    estimate: costFor(row, row.persistent_cluster_id === null ? row.walltime_seconds : 0),
    used: elapsed === null ? null : costFor(row, paidSeconds(row, elapsed)),
  };
}

type Priced = Pick<
  JobWithOwner,
  'price_per_core_hour' | 'currency' | 'cores_per_slot' | 'slots_granted' | 'slots'
>;

function costFor(row: Priced, seconds: number) {
  return costOf(
    { pricePerCoreHour: row.price_per_core_hour, currency: row.currency },
    { coresPerSlot: row.cores_per_slot, slots: row.slots_granted ?? row.slots, hours: seconds / 3600 },
  );
}

export function tagsToWire(tags: string) {
  return (JSON.parse(tags) as string[]).map(tagToWire);
}

export function tagToWire(name: string) {
  return { name, normalizedName: normalizedTag(name) };
}

/** Of a job that nobody has submitted yet, whoever waits for it would wait for ever. */
function waitingToWire(waiting: Waiting, after: readonly Dependency[]): Waiting {
  const idle = after.find(
    ({ fulfilled, name, status }) => fulfilled === null && name !== null && status === null,
  );
  return idle === undefined
    ? waiting
    : { ...waiting, message: `${waiting.message} Job ${idle.jobId} has not been submitted yet.` };
}

export function customFieldsToWire(text: string): CustomFields {
  const values = Object.entries(JSON.parse(text) as Record<string, unknown>);
  return Object.fromEntries(values.map(([name, value]) => [name, { meta: { name }, value }]));
}

/** An item of a list of jobs. */
export function summaryToWire(
  row: SummaryRow,
  { clock, version }: Pick<JobWireContext, 'clock' | 'version'>,
): JobSummary | JobSummaryV3 {
  const state = readState(row.state);
  const elapsed = elapsedSeconds(row, clock);
  const isOver = state.phase === 'completed';
  const summary = {
    id: row.id,
    name: row.name,
    owner: row.owner,
    dateInserted: row.date_inserted,
    dateCompleted: row.date_completed,
    analysisNames: JSON.parse(row.analysis_names) as string[],
    jobStatus: label(row.status ?? ''),
    clusterStatusDisplay: label(CLUSTER_LABELS[state.cluster]),
    isVisible: true,
    sharedWith: [],
    // What is kept of runs that were cut off, and snapshots, take space like their outputs.
    storage: row.output_bytes + Number(row.kept_bytes ?? 0) + Number(row.snapshot_bytes ?? 0),
    userTags: tagsToWire(row.tags),
    clonedFrom: row.cloned_from,
    projectId: row.project_id,
    outcome: isOver ? state.outcome : null,
    failureCode: isOver ? (state.failure?.code ?? null) : null,
    waiting: row.waiting === null ? null : (JSON.parse(row.waiting) as Waiting),
    progress: progressToWire(state),
    elapsedWalltimeSeconds: elapsed,
    cost: costToWire(row, elapsed),
    coreType: row.core_type,
    projectName: row.project_name,
    best: bestToWire(row),
  };
  return version === 'v3' ? { ...summary, folder: null } : summary;
}

function bestToWire({ best_run, best_results, objective }: SummaryRow): JobSummary['best'] {
  const results = new Map(JSON.parse(best_results ?? '[]') as [string, number][]);
  const value = results.get(objective ?? '');
  return best_run === null || value === undefined ? null : { name: objective!, value, run: best_run };
}

const CLUSTER_LABELS: Record<JobState['cluster'], string> = {
  none: '',
  not_started: 'Not Started',
  starting: 'Starting',
  started: 'Started',
  dismissed: 'Stop Requested',
  stopped: 'Stopped',
};

function label(content: string) {
  return {
    content,
    labelClass: content === 'Completed' ? 'label-success' : 'label-info',
    useLabel: content !== '',
  };
}

const SUBSTATUS = { substatus: null, notify: false, preventDuplicates: false };

/** A row of a job's history. Its date ends in +00:00, since clients parse it without treating `Z`. */
export function jobStatusToWire(row: JobStatusRow) {
  return {
    id: row.id,
    jobId: row.job_id,
    status: row.status,
    statusDate: row.status_date.replace('Z', '+00:00'),
    statusReason: row.status_reason,
    ...SUBSTATUS,
  };
}

export function clusterStatusToWire(row: ClusterStatusRow) {
  return {
    id: row.id,
    clusterId: row.cluster_id,
    status: row.status,
    statusDate: row.status_date,
    statusReason: row.status_reason,
    ...SUBSTATUS,
  };
}
