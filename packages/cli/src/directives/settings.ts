/** What a script asks for; absent where it says nothing. */
export interface ScriptSettings {
  name?: string;
  command?: string;
  analysis?: string;
  analysisVersion?: string;
  /** A code or a name, as written. */
  coreType?: string;
  /** What a shell does before the command, such as setting variables by what it knows. */
  commandPrefix?: string;
  /** Cores of one slot. */
  cores?: number;
  /** A larger slot will do where none has just so many. */
  coresAreLeast?: boolean;
  /** GPUs of one slot, at least. */
  gpus?: number;
  slots?: number;
  walltimeHours?: number;
  lowPriority?: boolean;
  billingPriority?: 'INSTANT' | 'ON_DEMAND';
  existingFiles?: string[];
  environment?: Record<string, string>;
  useRescaleLicense?: boolean;
  onDemandLicenseSeller?: string;
  userDefinedLicenseSettings?: unknown;
  projectName?: string;
  projectId?: string;
  tags?: string[];
  automations?: string[];
  cidrRule?: string;
  publicKey?: string;
  /** Words of `module load` and `source` lines, to look for software in when no analysis is named. */
  softwareHints?: string[];
}

interface DirectiveProblem {
  line: number;
  message: string;
}

export interface ParsedScript {
  settings: ScriptSettings;
  warnings: DirectiveProblem[];
  /** Not empty: the script is refused. */
  errors: DirectiveProblem[];
}
