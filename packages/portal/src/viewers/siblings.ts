import type { ChartFile } from './chart/use-chart.ts';

/** Files that lie beside the one that is shown. */
export interface Siblings {
  names: readonly string[];
  open: (name: string) => ChartFile | null;
}
