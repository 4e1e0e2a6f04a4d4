import { Skin } from './skin.ts';

/** How many points a grid has in each direction; of what is flat 1 in one of them. */
export type Dimensions = readonly [number, number, number];

/** The sides of a grid whose cells follow from their place; of a flat one all its cells, of a row the line. */
export function structuredSkin(dimensions: Dimensions): Skin {
  const skin = new Skin();
  const cellsAlong = dimensions.map((points) => Math.max(1, points - 1)) as [number, number, number];
  const thick = [0, 1, 2].filter((axis) => dimensions[axis]! > 1);
  const pointStep = [1, dimensions[0], dimensions[0] * dimensions[1]];
  const cellStep = [1, cellsAlong[0], cellsAlong[0] * cellsAlong[1]];
  if (thick.length === 0) {
    skin.addVertex(0, 0);
  } else if (thick.length === 1) {
    for (let index = 0; index < cellsAlong[thick[0]!]!; index++) {
      skin.addLine(index, [index, index + 1]);
    }
  } else {
    const sides =
      thick.length === 2
        ? [{ axis: [0, 1, 2].find((axis) => !thick.includes(axis))!, isLast: false }]
        : [0, 1, 2].flatMap((axis) => [
            { axis, isLast: false },
            { axis, isLast: true },
          ]);
    for (const side of sides) {
      addSide(skin, side, dimensions, cellsAlong, pointStep, cellStep);
    }
  }
  return skin;
}

function addSide(
  skin: Skin,
  { axis, isLast }: { axis: number; isLast: boolean },
  dimensions: Dimensions,
  cellsAlong: Dimensions,
  pointStep: readonly number[],
  cellStep: readonly number[],
): void {
  const u = (axis + 1) % 3;
  const v = (axis + 2) % 3;
  const firstPoint = isLast ? (dimensions[axis]! - 1) * pointStep[axis]! : 0;
  const firstCell = isLast ? (cellsAlong[axis]! - 1) * cellStep[axis]! : 0;
  const [du, dv] = isLast ? [pointStep[u]!, pointStep[v]!] : [pointStep[v]!, pointStep[u]!];
  for (let j = 0; j < cellsAlong[v]!; j++) {
    for (let i = 0; i < cellsAlong[u]!; i++) {
      const point = firstPoint + i * pointStep[u]! + j * pointStep[v]!;
      skin.addPolygon(firstCell + i * cellStep[u]! + j * cellStep[v]!, [
        point,
        point + du,
        point + du + dv,
        point + dv,
      ]);
    }
  }
}
