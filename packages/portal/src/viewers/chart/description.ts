import { formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import type { Plot } from './plot-data.ts';
import { formatValue } from './ticks.ts';

const MAX_TOLD_LINES = 8;

/** What is to be seen in a chart, for those who do not see it. */
export function describePlot({ x, lines, isTime }: Plot, xLabel: string): string {
  const text = words.viewers.chart;
  const place = (value: number | undefined) =>
    value === undefined ? '' : isTime ? new Date(value * 1000).toISOString() : formatValue(value);
  const count = text.lines(formatCount(lines.length), lines.length === 1);
  const ends = lines.slice(0, MAX_TOLD_LINES).map(({ label, last }) => text.ending(label, formatValue(last)));
  return [text.sentence(count, xLabel, place(x[0]), place(x.at(-1))), ...ends].join(' ');
}
