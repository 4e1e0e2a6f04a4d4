import type { AnalysisTable, CoreTypeTable } from './site/schema.ts';

/** The machine that the server runs on. */
export interface Host {
  readonly hostname: string;
  /** Cores that this process may use, or that the site has for jobs where these are more. */
  readonly cores: number;
  readonly memoryMb: number;
  /** The processor in the words of its maker, such as `AMD EPYC 9654`. */
  readonly processorInfo: string;
  readonly gpus: number;
}

/** The largest slot that the scheduler can start; sizes above it are not offered. */
export interface Capacity {
  readonly cores: number;
  readonly gpus: number;
  /** Who lacks what does not fit, in words: `this host`, `the cluster`. */
  readonly of: string;
}

/** A kind of hardware on offer; amounts per core and hour in `currency`. */
export interface CoreType extends Readonly<Required<Omit<CoreTypeTable, 'isActive' | 'unavailableReason'>>> {
  /** False where the site switched the type off or nothing of it fits; `unavailableReason` says which. */
  readonly available: boolean;
  readonly unavailableReason: string | null;
}

/** How the commands of a version are started: what the agent needs to know. */
export interface HowToRun {
  /** Directories put before the standard PATH. */
  readonly searchPath: readonly string[];
  /** Directories and files made visible, read-only, inside the sandbox. */
  readonly visiblePaths: readonly string[];
  /** Environment modules loaded before the command. */
  readonly modules: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

type VersionTable = AnalysisTable['version'][number];

/** One version of a software; `code` is the wire's `versionCode`, `name` its `version`. */
export interface AnalysisVersion
  extends Readonly<Omit<VersionTable, keyof HowToRun | 'allowedCoreTypes'>>,
    HowToRun {
  /** Six letters that stay the same as long as the codes do. */
  readonly id: string;
  readonly name: string;
  readonly allowedCoreTypes: readonly string[];
}

/** A software on offer; `versions` is never empty and newest first. */
export interface Analysis extends Readonly<Omit<AnalysisTable, 'version'>> {
  readonly versions: readonly [AnalysisVersion, ...AnalysisVersion[]];
}

/** What a core costs for an hour under a plan. */
export interface Price {
  readonly coreType: string;
  readonly planType: string;
  readonly os: string;
  readonly isActive: boolean;
  /** A decimal number such as `0.05`. */
  readonly amount: string;
  readonly currency: string;
}

/** What jobs may call things besides their codes, and what a platform that stands in for a larger one makes of them. */
export interface OtherNames {
  /** The code here of a core type that is called otherwise; the code itself where it is none of those. */
  coreType(code: string): string;
  analysis(code: string): string;
  /** Whether a version that is not offered counts as the newest one. */
  readonly anyVersion: boolean;
  /** What this host has, where it stands in for a larger one and grants what it has not; null elsewhere. */
  readonly standIn: { readonly cores: number; readonly gpus: number } | null;
}

/** What a site offers: an immutable value, replaced as a whole when its files change. */
export interface Catalog {
  readonly coreTypes: readonly CoreType[];
  readonly analyses: readonly Analysis[];
  readonly prices: readonly Price[];
  readonly otherNames: OtherNames;
  coreType(code: string): CoreType | undefined;
  /** Whether a slot may have so many cores of it. */
  hasSize(coreType: CoreType, coresPerSlot: number): boolean;
  analysis(code: string): Analysis | undefined;
  /** The version of that code, the newest one when no code is given. */
  version(analysisCode: string, versionCode?: string | null): AnalysisVersion | undefined;
  /** The price row of a core type under a plan, such as `on-demand`. */
  price(coreTypeCode: string, planType: string, os?: string): Price | undefined;
}

/** Software of the host itself, as far as it is known yet. */
export interface HostSoftware {
  /** Built in, such as `user_included` and `miniconda`: always listed. */
  readonly builtIn: readonly AnalysisTable[];
  /** Found by the scan of the host. */
  readonly found: readonly AnalysisTable[];
}
