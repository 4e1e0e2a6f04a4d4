import type { JobAnalysisDefinition, JobDefinition } from '@quarry/sdk';

/** A file or folder on this machine that becomes an input of a tile. */
export interface LocalInput {
  path: string;
  /** Name in the work directory; that of the file when absent. */
  name?: string;
  decompress: boolean;
  /** Patterns of what is left out of a folder. */
  exclude?: readonly string[];
}

/** A file on this machine that the definition names elsewhere than among the inputs. */
export type Attachment = { path: string } & (
  | { use: 'paramFile' }
  | { use: 'caseFile' }
  | { use: 'template'; tile: number; processedFilename: string }
  | { use: 'preProcessScript'; tile: number }
  | { use: 'postProcessScript'; tile: number }
);

/** A tile whose hardware is still to be completed and whose local inputs are still to be uploaded. */
export interface DraftTile {
  definition: Omit<JobAnalysisDefinition, 'hardware' | 'command' | 'analysis'> & {
    command?: string;
    analysis?: { code: string; version?: string | null };
  };
  coreType?: string;
  /** Typed on the command line: a name that the platform does not list is a mistake, not something newer. */
  isCoreTypeTyped?: boolean;
  cores?: number;
  /** A larger slot will do where none has just so many. */
  coresAreLeast?: boolean;
  /** GPUs of a slot, at least. */
  gpus?: number;
  slots?: number;
  walltimeHours?: number;
  localInputs: LocalInput[];
}

/** A job as the user described it, by options, by a script or by a definition. */
export interface DraftJob {
  definition: Omit<JobDefinition, 'jobanalyses' | 'name'> & { name?: string };
  tiles: DraftTile[];
  attachments?: Attachment[];
  /** A project by name, still to be looked up. */
  projectName?: string;
  /** Words that may name the software, when none was named. */
  softwareHints?: string[];
  /** What the user should know about the description itself. */
  warnings: string[];
}
