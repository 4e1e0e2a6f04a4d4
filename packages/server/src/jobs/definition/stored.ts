import type { ParsedJobDefinition, RestartedFrom } from '@quarry/contract';

/**
 * A definition as it is stored: what the contract parsed, with the project and every version chosen, so that a later
 * change of the catalogue does not change what a saved job is.
 */
export type StoredDefinition = Omit<ParsedJobDefinition, 'jobanalyses' | 'projectId'> & {
  projectId: string | null;
  jobanalyses: StoredTile[];
  /** What its run begins with; null for one that begins anew. */
  restart: StoredRestart | null;
  /** The job template whose form made it; null for one that was made freely. */
  jobTemplate: MadeOf | null;
};

/** A job template, in one of its versions. */
export interface MadeOf {
  id: string;
  version: number;
}

/** What a job goes on from; the files themselves are inputs of the role `restored`. */
export interface StoredRestart {
  from: RestartedFrom;
  /** Ids of the input files that came along: others take the place of what is restored. */
  oldInputs: string[];
  /** Numbers of the runs that the job has, as `restarts/run-numbers.ts` writes them; absent for all of its definition. */
  runs?: string;
}

/** What a definition is made from: what a client has sent, for a restart what it goes on from, and whose form it was. */
export type WantedDefinition = ParsedJobDefinition & {
  restart?: StoredRestart | null;
  jobTemplate?: MadeOf | null;
};

type ParsedTile = ParsedJobDefinition['jobanalyses'][number];

export type StoredTile = Omit<ParsedTile, 'analysis'> & {
  analysis: { code: string; version: string };
};

/** Of the text of a definition. It grows when definitions stop meaning what they meant; those before say none. */
const FORMAT = 1;

/** What a definition lacks that was stored before the field was known. */
const UNKNOWN_BEFORE: Pick<
  StoredDefinition,
  | 'optimizer'
  | 'retryPolicy'
  | 'monteCarloIterations'
  | 'includeNominalRun'
  | 'isTemplateDryRun'
  | 'after'
  | 'storageDevices'
  | 'snapshots'
  | 'checkpoints'
  | 'restart'
  | 'jobTemplate'
> = {
  optimizer: null,
  retryPolicy: null,
  snapshots: null,
  checkpoints: [],
  restart: null,
  jobTemplate: null,
  monteCarloIterations: null,
  includeNominalRun: false,
  isTemplateDryRun: false,
  after: [],
  storageDevices: [],
};

/** The text of a definition, as it is stored. */
export function writeDefinition(definition: StoredDefinition): string {
  return JSON.stringify({ format: FORMAT, ...definition });
}

/** A stored definition, whichever version of the platform wrote it; throws for one that only a newer version can read. */
export function readDefinition(text: string): StoredDefinition {
  const { format = 0, ...stored } = JSON.parse(text) as StoredDefinition & { format?: number };
  if (format > FORMAT) {
    throw new Error(
      `A definition is in format ${format}, which a newer version of the platform has written; this one reads up to ${FORMAT}.`,
    );
  }
  const definition = { ...UNKNOWN_BEFORE, ...stored };
  const { retryPolicy } = definition;
  return {
    ...definition,
    retryPolicy: retryPolicy && { ...retryPolicy, agentLost: retryPolicy.agentLost ?? null },
  };
}

/** The storage devices that a job has. */
export function deviceIdsOf({ storageDevices }: Pick<StoredDefinition, 'storageDevices'>): string[] {
  return storageDevices.map(({ id }) => id);
}

/** Economy or not: the explicit priority wins over the older flag. */
export function isLowPriority(definition: {
  isLowPriority: boolean;
  billingPriorityValue?: string | null;
}): boolean {
  if (definition.billingPriorityValue) {
    return definition.billingPriorityValue === 'ON_DEMAND';
  }
  return definition.isLowPriority;
}

/** What clients read as `billingPriorityValue`. */
export function billingPriority(definition: StoredDefinition): 'INSTANT' | 'ON_DEMAND' | 'RESERVED' {
  return definition.billingPriorityValue ?? (definition.isLowPriority ? 'ON_DEMAND' : 'INSTANT');
}
