import type { CollectionPart } from './read/vtk-xml.ts';
import type { Surface } from './surface.ts';
import type { ValueRange } from './value-range.ts';

/** Where values are: at points, or in cells. */
export type Association = 'point' | 'cell';

export interface ArrayInfo {
  association: Association;
  name: string;
  components: number;
  unit: string | null;
}

/** A file as the page gets it; its values stay with the worker until they are asked for. */
export type MeshInfo =
  | {
      kind: 'mesh';
      surface: Surface;
      pointCount: number;
      cellCount: number;
      arrays: readonly ArrayInfo[];
      /** Cells of types that are not drawn. */
      omittedCells: number;
    }
  | { kind: 'series'; parts: readonly CollectionPart[] };

/** What is asked of the worker. */
export type Question =
  | { kind: 'read'; path: string; bytes: Uint8Array<ArrayBuffer> }
  /** One number for each point or group of the surface; component -1 is the length. */
  | { kind: 'values'; association: Association; name: string; component: number }
  | { kind: 'ranges' }
  | { kind: 'probe'; pointId: number; cellId: number };

export interface ShownValues {
  values: Float64Array<ArrayBuffer>;
  /** Over the whole mesh, not only what is seen. */
  range: ValueRange | null;
}

export type ArrayRange = ArrayInfo & { range: ValueRange | null };
export type ArrayValues = ArrayInfo & { values: readonly number[] };

export interface Answers {
  read: MeshInfo;
  values: ShownValues;
  ranges: readonly ArrayRange[];
  probe: readonly ArrayValues[];
}

export type ToWorker =
  | { kind: 'question'; id: number; question: Question }
  | { kind: 'file'; id: number; bytes: Uint8Array<ArrayBuffer> | null; problem: string };

export type FromWorker =
  | { kind: 'answer'; id: number; answer: Answers[keyof Answers] }
  | { kind: 'refusal'; id: number; message: string }
  | { kind: 'open'; id: number; path: string };
