import type { Surface } from './surface.ts';

export type Vector = readonly [number, number, number];

/** A plane: what lies on the side to which its normal points is shown. */
export interface Plane {
  origin: Vector;
  normal: Vector;
}

/** Where a ray meets the surface first. */
export interface Pick {
  place: Vector;
  /** Number in the file of the corner that is nearest, and of the cell. */
  pointId: number;
  cellId: number;
}

/** The first polygon that a ray meets, by its fans of triangles; what the plane has cut away is not in its way. */
export function pickPolygon(
  surface: Surface,
  origin: Vector,
  direction: Vector,
  clip: Plane | null,
): Pick | null {
  const { points, polygons, cellIds, pointIds } = surface;
  let best = Infinity;
  let found: { start: number; size: number; group: number } | null = null;
  let group = groupsIn(surface.vertices) + groupsIn(surface.lines);
  for (let at = 0; at < polygons.length; at += polygons[at]! + 1, group++) {
    const size = polygons[at]!;
    for (let corner = 2; corner < size; corner++) {
      const distance = meet(
        points,
        polygons[at + 1]!,
        polygons[at + corner]!,
        polygons[at + corner + 1]!,
        origin,
        direction,
      );
      if (distance < best && !isCutAway(along(origin, direction, distance), clip)) {
        best = distance;
        found = { start: at + 1, size, group };
      }
    }
  }
  if (!found) {
    return null;
  }
  const place = along(origin, direction, best);
  let nearest = polygons[found.start]!;
  let least = Infinity;
  for (let corner = 0; corner < found.size; corner++) {
    const id = polygons[found.start + corner]!;
    const away = Math.hypot(
      points[id * 3]! - place[0],
      points[id * 3 + 1]! - place[1],
      points[id * 3 + 2]! - place[2],
    );
    if (away < least) {
      least = away;
      nearest = id;
    }
  }
  return { place, pointId: pointIds[nearest]!, cellId: cellIds[found.group]! };
}

function groupsIn(list: Uint32Array): number {
  let count = 0;
  for (let at = 0; at < list.length; at += list[at]! + 1) {
    count++;
  }
  return count;
}

function along(origin: Vector, direction: Vector, distance: number): Vector {
  return [
    origin[0] + direction[0] * distance,
    origin[1] + direction[1] * distance,
    origin[2] + direction[2] * distance,
  ];
}

function isCutAway(place: Vector, clip: Plane | null): boolean {
  return (
    clip !== null &&
    [0, 1, 2].reduce((sum, axis) => sum + (place[axis]! - clip.origin[axis]!) * clip.normal[axis]!, 0) < 0
  );
}

/** How far along the ray a triangle is met, by Möller and Trumbore; infinitely far when it is not. */
function meet(
  points: Float32Array | Float64Array,
  a: number,
  b: number,
  c: number,
  [ox, oy, oz]: Vector,
  [dx, dy, dz]: Vector,
): number {
  const ax = points[a * 3]!;
  const ay = points[a * 3 + 1]!;
  const az = points[a * 3 + 2]!;
  const ux = points[b * 3]! - ax;
  const uy = points[b * 3 + 1]! - ay;
  const uz = points[b * 3 + 2]! - az;
  const vx = points[c * 3]! - ax;
  const vy = points[c * 3 + 1]! - ay;
  const vz = points[c * 3 + 2]! - az;
  const px = dy * vz - dz * vy;
  const py = dz * vx - dx * vz;
  const pz = dx * vy - dy * vx;
  const determinant = ux * px + uy * py + uz * pz;
  if (determinant === 0) {
    return Infinity;
  }
  const tx = ox - ax;
  const ty = oy - ay;
  const tz = oz - az;
  const s = (tx * px + ty * py + tz * pz) / determinant;
  if (!(s >= 0 && s <= 1)) {
    return Infinity;
  }
  const qx = ty * uz - tz * uy;
  const qy = tz * ux - tx * uz;
  const qz = tx * uy - ty * ux;
  const t = (dx * qx + dy * qy + dz * qz) / determinant;
  if (!(t >= 0 && s + t <= 1)) {
    return Infinity;
  }
  const distance = (vx * qx + vy * qy + vz * qz) / determinant;
  return distance > 0 ? distance : Infinity;
}
