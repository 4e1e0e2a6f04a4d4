import type { Vector } from './pick.ts';

/** Where one looks from, to what, and what is up. */
export interface CameraPlace {
  position: Vector;
  focus: Vector;
  up: Vector;
}

/** As it stands in an address: nine numbers, as exact as pictures are. */
export function formatCamera({ position, focus, up }: CameraPlace): string {
  return [...position, ...focus, ...up].map((value) => String(Number(value.toPrecision(7)))).join(',');
}

export function parseCamera(text: string | undefined): CameraPlace | null {
  const values = (text ?? '').split(',').map((part) => (part === '' ? Number.NaN : Number(part)));
  if (values.length !== 9 || !values.every(Number.isFinite)) {
    return null;
  }
  const [position, focus, up] = [0, 3, 6].map((at) => values.slice(at, at + 3) as unknown as Vector);
  const isPlace =
    length(subtract(position!, focus!)) > 0 && length(cross(subtract(focus!, position!), up!)) > 0;
  return isPlace ? { position: position!, focus: focus!, up: up! } : null;
}

/** Views along an axis: from which side, and what is up then. */
export const VIEWS: Readonly<Record<string, { from: Vector; up: Vector }>> = {
  '+x': { from: [1, 0, 0], up: [0, 0, 1] },
  '-x': { from: [-1, 0, 0], up: [0, 0, 1] },
  '+y': { from: [0, 1, 0], up: [0, 0, 1] },
  '-y': { from: [0, -1, 0], up: [0, 0, 1] },
  '+z': { from: [0, 0, 1], up: [0, 1, 0] },
  '-z': { from: [0, 0, -1], up: [0, 1, 0] },
};

/** Where each axis points on the screen, right and up, for the cross that shows it. */
export function axesOnScreen({ position, focus, up }: CameraPlace): readonly (readonly [number, number])[] {
  const ahead = unit(subtract(focus, position));
  const right = unit(cross(ahead, up));
  const above = cross(right, ahead);
  return [0, 1, 2].map((axis) => [right[axis]!, above[axis]!] as const);
}

export function subtract(one: Vector, other: Vector): Vector {
  return [one[0] - other[0], one[1] - other[1], one[2] - other[2]];
}

export function cross(one: Vector, other: Vector): Vector {
  return [
    one[1] * other[2] - one[2] * other[1],
    one[2] * other[0] - one[0] * other[2],
    one[0] * other[1] - one[1] * other[0],
  ];
}

export function length(vector: Vector): number {
  return Math.hypot(...vector);
}

export function unit(vector: Vector): Vector {
  const size = length(vector) || 1;
  return [vector[0] / size, vector[1] / size, vector[2] / size];
}
