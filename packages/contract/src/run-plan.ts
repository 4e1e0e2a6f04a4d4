/** What agents are told of runs: one plan for a batch, and what differs from run to run. */

export interface RunInput {
  name: string;
  fileId: string;
  sizeBytes: number;
  sha512: string;
  decompress: boolean;
  /** Where the bytes are when the agent shares a file system with the server; else it asks `url`. */
  path: string | null;
  url: string;
  /** Placed after what the run goes on from, and in place of what that has of its name. */
  replacesRestored?: boolean;
}

/** A file that a run begins with because it goes on from another one. */
export interface RestoredFile extends RunInput {
  /** Where it lies below the work directory, as outputs are called; null for an archive (tar) with such files. */
  relativePath: string | null;
  executable: boolean;
  modifiedAt: string | null;
}

/** A file on a storage device that each run gets a copy of. */
export interface DeviceInput {
  deviceId: string;
  /** Relative to the device. */
  sourcePath: string;
  name: string;
  decompress: boolean;
  /** Directory below the work directory; empty for that itself. */
  outputPath: string;
}

export interface RunTile {
  command: string;
  environment: Record<string, string>;
  /** Directories put before the standard PATH. */
  searchPath: string[];
  /** Directories and files made visible, read-only, inside the sandbox. */
  visiblePaths: string[];
  /** Environment modules loaded before the command. */
  modules: string[];
  /** Rendered for each run before the pre-process script, in this order. */
  templates: { file: RunInput; processedFilename: string }[];
  /** Before the command; in the same environment. */
  preProcess: RunScript | null;
  /** After the command, when it succeeded; its standard output is read for `name<TAB>value`. */
  postProcess: RunScript | null;
}

export interface RunScript {
  /** Placed in the work directory under its name, executable; null when the command needs no file. */
  file: RunInput | null;
  command: string;
}

/** What all runs of a batch have in common. */
export interface RunPlan {
  jobId: string;
  tiles: RunTile[];
  inputs: RunInput[];
  /** Absent where an earlier server has planned. */
  deviceInputs?: DeviceInput[];
  /** What the runs go on from; absent for those that begin anew. */
  restored?: RestoredFile[];
  /** Of the job: counted from the first run that this agent starts. */
  walltimeSeconds: number;
  /** Only renders the templates; what they become is the output. */
  dryRun: boolean;
}

/** One run of a batch. */
export interface PlannedRun {
  /** The run's number, and from the second attempt on a point and the attempt: `17`, `17.2`. */
  runId: string;
  /** The run's directory on the cluster: `home/work` is made inside it. */
  directory: string;
  /** What templates insert: name and text, in order. */
  variables: [name: string, text: string][];
  /** What this run alone goes on from, in place of the plan's; absent for one that has what the plan says. */
  restored?: RestoredFile[];
  /** Go on in the directory as an earlier attempt has left it, with the step that was cut off. */
  resume?: boolean;
}

/** What an agent that is to collect the runs of a dead one (`main.ts --salvage`) reads from its standard input, as JSON. */
export interface SalvageOrder {
  /** Number of the last event that the server has applied. */
  appliedEvent: number;
  /** Ids of runs that get another attempt: nothing of these is collected. */
  again: string[];
  /** Whether they get it as well where their agent was told to end, instead of having died. */
  againWhenTold: boolean;
  /** The job is being stopped: only the logs are collected. SIGTERM says the same later. */
  isStopped: boolean;
}

export type RunAssignment = RunPlan & PlannedRun;
