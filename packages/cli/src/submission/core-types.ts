import type { AnalysisVersion, CoreType } from '@quarry/sdk';
import { usageError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { count } from '../output/human.ts';

/** A core type and a number of cores, and why it was taken. */
export interface HardwareChoice {
  /** Absent when the platform does not list the type: then the platform decides. */
  type?: CoreType;
  code: string;
  cores: number;
  /** Taken for being the cheapest rather than named by the user. */
  cheapest: boolean;
}

export interface HardwareWish {
  coreType?: string;
  cores?: number;
  /** A larger slot will do where none has just so many. */
  coresAreLeast?: boolean;
  /** GPUs of a slot, at least. */
  gpus?: number;
  lowPriority: boolean;
  /** The version of the software, which may run on some core types only. */
  version?: AnalysisVersion;
}

/** The core type that is meant, by code or by name whatever its case; undefined when the list has none. */
function findCoreType(types: readonly CoreType[], wanted: string): CoreType | undefined {
  const same = (text: string) => text.trim().toLowerCase() === wanted.trim().toLowerCase();
  return (
    types.find(({ code }) => code === wanted) ?? types.find(({ code, name }) => same(code) || same(name))
  );
}

/** Settles core type and cores; throws a usage error that names what is offered when they do not fit together. */
export function chooseHardware(types: readonly CoreType[], wish: HardwareWish): HardwareChoice {
  if (wish.coreType === undefined) {
    return chooseCheapest(types, wish);
  }
  const type = findCoreType(types, wish.coreType);
  if (!type) {
    return { code: wish.coreType, cores: wish.cores ?? 1, cheapest: false };
  }
  if (wish.coresAreLeast || wish.gpus !== undefined) {
    const cores = sizesOf(type, wish)[0];
    if (cores === undefined) {
      throw usageError(
        `${type.name} (${type.code}) has no slot with ${wordsOfWish(wish)}.`,
        'Ask for less, or leave out the core type to get the cheapest one that fits.',
      );
    }
    return { type, code: type.code, cores, cheapest: false };
  }
  if (wish.cores !== undefined && !offers(type, wish.cores)) {
    throw usageError(
      `${type.name} (${type.code}) offers ${listCores(type)} cores, not ${wish.cores}.`,
      'Change --cores, or leave out --core-type to get the cheapest type that fits.',
    );
  }
  return { type, code: type.code, cores: wish.cores ?? Math.min(...type.cores), cheapest: false };
}

function chooseCheapest(types: readonly CoreType[], wish: HardwareWish): HardwareChoice {
  const available = types
    .filter((type) => type.isActive !== false && !type.isDeprecated && type.cores.length > 0)
    .filter(({ code }) => isAllowed(code, wish.version));
  const fitting = available
    .filter((type) => sizesOf(type, wish).length > 0)
    .map((type) => {
      const cores = sizesOf(type, wish)[0]!;
      return { type, cores, price: pricePerCoreHour(type, wish.lowPriority) * cores };
    })
    .toSorted((one, other) => one.price - other.price || order(one.type) - order(other.type));
  const [best] = fitting;
  if (!best) {
    const offered = available.map((type) => `${type.code}: ${listCores(type)}`).join('; ');
    const wanted = wordsOfWish(wish) && ` with ${wordsOfWish(wish)}`;
    throw usageError(
      `No core type${wanted} is available for this job${offered && `; there is ${offered}`}.`,
      'See `quarry coretypes` for what there is and why some are not available.',
    );
  }
  return { type: best.type, code: best.type.code, cores: best.cores, cheapest: true };
}

/** Cores of the slots that fit, the smallest first. */
function sizesOf({ cores, gpuCounts = [] }: CoreType, wish: HardwareWish): number[] {
  const fitting = cores.filter((size, index) => {
    const isEnough = wish.coresAreLeast ? size >= (wish.cores ?? 1) : size === (wish.cores ?? size);
    return isEnough && (gpuCounts[index] ?? 0) >= (wish.gpus ?? 0);
  });
  return fitting.toSorted((one, other) => one - other);
}

function wordsOfWish({ cores, coresAreLeast, gpus }: HardwareWish): string {
  const least = coresAreLeast ? 'at least ' : '';
  const parts = [cores && `${least}${count(cores, 'core')}`, gpus && count(gpus, 'GPU')];
  return parts.filter(Boolean).join(' and ');
}

/** Price of one core for one hour. */
export function pricePerCoreHour(type: CoreType, lowPriority: boolean): number {
  const price = Number(type.price ?? Number.NaN);
  const low = Number.parseFloat(type.lowPriorityPrice ?? '');
  return lowPriority && Number.isFinite(low) ? low : price;
}

/** The words for a core type that the platform does not list. */
export function describeUnknownCoreType(types: readonly CoreType[], wanted: string): string {
  const near = nearest(
    wanted,
    types.flatMap(({ code, name }) => [code, name]),
  );
  return `The platform lists no core type "${wanted}".${near ? ` Did you mean ${near}?` : ''}`;
}

/** Sizes of one node, and several whole nodes of the largest size, which some platforms give to whom names the type. */
function offers(type: CoreType, cores: number): boolean {
  const largest = Math.max(...type.cores);
  return type.cores.includes(cores) || (cores > largest && cores % largest === 0);
}

function listCores({ cores }: CoreType): string {
  return cores.join(', ');
}

function isAllowed(code: string, version: AnalysisVersion | undefined): boolean {
  const allowed = version?.allowedCoreTypes ?? [];
  return allowed.length === 0 || allowed.includes(code);
}

function order(type: CoreType): number {
  return type.displayOrder ?? 0;
}
