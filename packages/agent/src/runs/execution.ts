import type { ClusterFile, Failure, RunAssignment, RunUsage } from '@quarry/contract';
import type { RunEnds } from '../delivery/tell-ends.ts';
import type { DeviceLink } from '../devices/devices.ts';
import type { NewEvent } from '../exchange/journal.ts';
import type { Hasher } from '../outputs/hasher.ts';
import type { Snapshot } from '../outputs/snapshot.ts';
import type { RunLog } from '../process/log.ts';
import type { Identity } from '../sandbox/identity.ts';
import type { CommandSlot } from '../slots/command-slot.ts';
import type { RunSampling, UsageSampler } from '../usage/sampler.ts';
import type { InputSource } from './input-source.ts';
import type { MachineFiles } from './machine-files.ts';
import type { OutputVariable } from './output-variables.ts';
import type { RunRecord } from './record.ts';
import type { RunPaths } from './run-paths.ts';
import type { StopSwitch } from './stop-switch.ts';
import type { TemplateStore } from './template-store.ts';
import type { JobWalltime } from './walltime.ts';

/** What all runs of the cluster share. */
export interface RunHost {
  cluster: ClusterFile;
  /** As many as commands of different runs may be executed at a time. */
  slots: CommandSlot[];
  /** As whom commands run. */
  identity: Identity;
  /** Why there is no sandbox although the cluster requires one. */
  sandboxMissing: string | null;
  machineFiles: MachineFiles;
  /** What stands in the home of each run for the storage devices of the job. */
  deviceLinks: readonly DeviceLink[];
  /** Ids of storage devices that this host does not have. */
  missingDevices: readonly string[];
  hasher: Hasher;
  source: InputSource;
  templates: TemplateStore;
  walltime: JobWalltime;
  usage: UsageSampler;
  ends: RunEnds;
  emit: (event: NewEvent) => void;
}

/** One run under way. */
export interface Execution {
  run: RunAssignment;
  host: RunHost;
  slot: CommandSlot;
  stop: StopSwitch;
  paths: RunPaths;
  log: RunLog;
  snapshot: Snapshot;
  /** The input variables by name. */
  inputs: ReadonlyMap<string, string>;
  progress: Progress;
  record: RunRecord;
}

/** One run while its commands are executed. */
export interface Commanding extends Execution {
  /** Is told of each of them. */
  sampling: RunSampling;
}

/** What is known of a run so far, whatever comes next. */
export interface Progress {
  /** Whether a command has been started: what the run left before is not as it was then. */
  hasStarted: boolean;
  /** Of the command or script that ended last. */
  exitCode: number | null;
  failure: Failure | null;
  variables: OutputVariable[];
  /** Of all commands and scripts so far; null before the first. */
  usage: RunUsage | null;
}
