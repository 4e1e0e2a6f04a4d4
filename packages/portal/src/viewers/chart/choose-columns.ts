import type { Preset } from '../../presets/preset.ts';
import { type PlotChoice, ROW_NUMBER } from './plot-data.ts';

export interface PlotRange {
  min: number;
  max: number;
}

export interface ChartOptions {
  /** The column along which lines go; null for the first. */
  x: string | null;
  /** Whether rows are counted instead. */
  isCounted: boolean;
  /** What is shown; the first ones where nothing is chosen. */
  ys: readonly string[];
  /** Null for what suits the file. */
  logX: boolean | null;
  logY: boolean | null;
  smoothing: number;
  /** The part of the axis that is shown; null for all of it. */
  range: PlotRange | null;
}

export const NO_OPTIONS: ChartOptions = {
  x: null,
  isCounted: false,
  ys: [],
  logX: null,
  logY: null,
  smoothing: 1,
  range: null,
};

/** Of files with many columns the first are shown until others are chosen. */
const MAX_FIRST_LINES = 8;

/** What is drawn: what somebody has chosen as far as it is there, else what suits the file. */
export function choiceOf(names: readonly string[], preset: Preset | null, options: ChartOptions): PlotChoice {
  const first = names[0] ?? ROW_NUMBER;
  const wantedX = options.x === null || !names.includes(options.x) ? first : options.x;
  const x = options.isCounted || names.length < 2 ? ROW_NUMBER : wantedX;
  const others = names.filter((name) => name !== x);
  const shown = others.filter((name) => preset?.shown?.test(name) ?? true);
  const chosen = options.ys.filter((name) => names.includes(name));
  return {
    x,
    ys: chosen.length > 0 ? chosen : (shown.length > 0 ? shown : others).slice(0, MAX_FIRST_LINES),
    logX: options.logX ?? false,
    logY: options.logY ?? preset?.axis.isLog ?? false,
    smoothing: options.smoothing,
  };
}
