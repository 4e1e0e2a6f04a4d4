/** How many times all slots are filled until so many runs have been executed, if each takes as long. */
export function roundsOf(runs: number, slots: number): number {
  return Math.ceil(runs / Math.max(1, slots));
}

/** More runs than this are asked about before they are submitted. */
export const MANY_RUNS = 1000;
