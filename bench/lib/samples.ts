export interface Sample {
  median: number;
  min: number;
  max: number;
  runs: number;
}

/** The middle and the ends of what was measured. */
export function summarize(values: readonly number[]): Sample {
  if (values.length === 0) {
    throw new Error('Nothing was measured.');
  }
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)!, runs: sorted.length };
}

/** Milliseconds that `work` takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

/** Measures once and answers how long it took, or whatever else is measured. */
export type Measure = () => Promise<number>;

/** Measures several sides in turn, so that whatever else the host does meets each of them alike. */
export async function alternate<Sides extends Record<string, Measure | undefined>>(
  runs: number,
  sides: Sides,
): Promise<{ [Name in keyof Sides]: Sample }> {
  const measures = Object.entries(sides).filter((side): side is [string, Measure] => side[1] !== undefined);
  const values = new Map<string, number[]>(measures.map(([name]) => [name, []]));
  for (let run = 0; run < runs; run++) {
    for (const [name, measure] of measures) {
      values.get(name)!.push(await measure());
    }
  }
  const samples = measures.map(([name]) => [name, summarize(values.get(name)!)]);
  return Object.fromEntries(samples) as { [Name in keyof Sides]: Sample };
}
