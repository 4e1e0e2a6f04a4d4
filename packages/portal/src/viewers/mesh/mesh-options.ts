import { COLOUR_MAPS, type ColourMapName } from './colour-maps.ts';
import type { ArrayInfo } from './messages.ts';
import type { Plane, Vector } from './pick.ts';
import { formatRange, parseRange, type RangeChoice } from './value-range.ts';

/** Where the mesh is cut: across an axis, at a share of its length, and which half stays. */
export interface Cut {
  axis: 0 | 1 | 2;
  share: number;
  isFlipped: boolean;
}

/** What is chosen in the viewer, as the address has it. */
export interface MeshOptions {
  /** Undefined until somebody has chosen; null for none. */
  array: Pick<ArrayInfo, 'association' | 'name'> | null | undefined;
  component: number;
  range: RangeChoice;
  map: ColourMapName;
  unit: string;
  areEdgesShown: boolean;
  opacity: number;
  cut: Cut | null;
  /** The number of the step in its series. */
  step: number | null;
}

export type MeshSearch = Readonly<Record<string, string | undefined>>;

const AXES = 'xyz';
const LENGTH_COMPONENT = -1;

export function parseOptions(search: MeshSearch): MeshOptions {
  const [, place, name] = /^([pc]):([\s\S]+)$/.exec(search.array ?? '') ?? [];
  const [, axis, flip, share] = /^([xyz])(-?):(0(?:\.\d+)?|1(?:\.0+)?)$/.exec(search.clip ?? '') ?? [];
  const opacity = Number(search.opacity ?? 1);
  const step = /^\d{1,7}$/.test(search.step ?? '') ? Number(search.step) : null;
  return {
    array:
      name !== undefined
        ? { association: place === 'p' ? 'point' : 'cell', name }
        : search.array === 'none'
          ? null
          : undefined,
    component: /^\d{1,3}$/.test(search.comp ?? '') ? Number(search.comp) : LENGTH_COMPONENT,
    range: parseRange(search.range),
    map: COLOUR_MAPS.find((map) => map === search.map) ?? 'viridis',
    unit: search.unit ?? '',
    areEdgesShown: search.edges === '1',
    opacity: opacity >= 0.05 && opacity <= 1 ? opacity : 1,
    cut:
      axis === undefined
        ? null
        : { axis: AXES.indexOf(axis) as Cut['axis'], share: Number(share), isFlipped: flip === '-' },
    step,
  };
}

/** What is chosen as parts of the address; what is as it would be anyway is left out. */
export function formatOptions(changes: Partial<MeshOptions>): Record<string, string | undefined> {
  const { array, component, range, map, unit, areEdgesShown, opacity, cut, step } = changes;
  const search: Record<string, string | undefined> = {};
  if ('array' in changes) {
    search.array = array
      ? `${array.association === 'point' ? 'p' : 'c'}:${array.name}`
      : array === null
        ? 'none'
        : undefined;
  }
  if (component !== undefined) {
    search.comp = component === LENGTH_COMPONENT ? undefined : String(component);
  }
  if (range !== undefined) {
    search.range = formatRange(range);
  }
  if (map !== undefined) {
    search.map = map === 'viridis' ? undefined : map;
  }
  if (unit !== undefined) {
    search.unit = unit === '' ? undefined : unit;
  }
  if (areEdgesShown !== undefined) {
    search.edges = areEdgesShown ? '1' : undefined;
  }
  if (opacity !== undefined) {
    search.opacity = opacity === 1 ? undefined : String(opacity);
  }
  if (cut !== undefined) {
    search.clip = cut === null ? undefined : `${AXES[cut.axis]}${cut.isFlipped ? '-' : ''}:${cut.share}`;
  }
  if (step !== undefined) {
    search.step = step === null ? undefined : String(step);
  }
  return search;
}

/** The array that is shown: the one that was chosen, or the first that there is. */
export function shownArray(chosen: MeshOptions['array'], arrays: readonly ArrayInfo[]): ArrayInfo | null {
  if (chosen === null) {
    return null;
  }
  const found = arrays.find(
    ({ association, name }) => association === chosen?.association && name === chosen.name,
  );
  return found ?? arrays[0] ?? null;
}

/** Of a number there is one; of a vector the one that was chosen, or its length. */
export function shownComponent(component: number, components: number): number {
  return components === 1 ? 0 : component < components ? component : LENGTH_COMPONENT;
}

/** The plane of a cut through what lies within bounds (least and largest x, y, z). */
export function planeOf({ axis, share, isFlipped }: Cut, bounds: readonly number[]): Plane {
  const low = bounds[axis * 2]!;
  const high = bounds[axis * 2 + 1]!;
  const origin = [0, 1, 2].map((each) => (each === axis ? low + (high - low) * share : 0));
  const normal = [0, 1, 2].map((each) => (each === axis ? (isFlipped ? 1 : -1) : 0));
  return { origin: origin as unknown as Vector, normal: normal as unknown as Vector };
}

export function boundsOf(points: ArrayLike<number>): number[] {
  const bounds = [Infinity, -Infinity, Infinity, -Infinity, Infinity, -Infinity];
  for (let index = 0; index < points.length; index++) {
    const at = (index % 3) * 2;
    const value = points[index]!;
    if (Number.isFinite(value)) {
      bounds[at] = Math.min(bounds[at]!, value);
      bounds[at + 1] = Math.max(bounds[at + 1]!, value);
    }
  }
  return bounds;
}
