import { mesh as words } from '../../../words/en/mesh.ts';
import { formatCount } from '../../../words/numbers.ts';
import { MAX_POINTS } from '../limits.ts';
import { MeshError } from '../mesh-error.ts';

/** Refuses what has more points than are shown, before anything is made of them. */
export function checkPoints(count: number): void {
  if (!(count <= MAX_POINTS)) {
    throw new MeshError(words.problems.tooManyPoints(formatCount(count), formatCount(MAX_POINTS)));
  }
}
