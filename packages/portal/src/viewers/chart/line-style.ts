import { resolveColour } from '../../ui/colours.ts';

const COLOURS = 8;
const DASHES: ReadonlyArray<readonly number[]> = [[], [6, 3], [2, 3], [10, 3, 2, 3]];

/** The name of the token for a line, by its place. */
export function lineToken(index: number): string {
  return `--series-${(index % COLOURS) + 1}`;
}

/** A second sign beside the colour: lines that follow each other are dashed otherwise. */
export function lineDash(index: number): readonly number[] {
  return DASHES[(index + Math.floor(index / COLOURS)) % DASHES.length]!;
}

export function lineColour(index: number): string {
  return resolveColour(lineToken(index));
}
