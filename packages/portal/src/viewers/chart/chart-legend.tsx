import { Name } from '../../ui/name.tsx';
import { words } from '../../words/words.ts';
import styles from './chart-legend.module.css';
import { lineDash, lineToken } from './line-style.ts';
import type { Plot } from './plot-data.ts';
import { formatValue } from './ticks.ts';

interface ChartLegendProps {
  plot: Plot;
  xLabel: string;
  /** The place of the pointer among the points. */
  pointed: number | null;
}

/** Which line is which, and their values where the pointer is. */
export function ChartLegend({ plot, xLabel, pointed }: ChartLegendProps) {
  const text = words.viewers.chart;
  const at = pointed === null ? undefined : plot.x[pointed];
  return (
    <ul className={styles.legend} aria-label={text.legend}>
      {plot.lines.map(({ label }, index) => {
        const value = pointed === null ? null : plot.ys[index]?.[pointed];
        return (
          <li key={label}>
            <Swatch index={index} />
            <Name>{label}</Name>
            {value !== null && value !== undefined && <span className="mono">{formatValue(value)}</span>}
          </li>
        );
      })}
      {at !== undefined && (
        <li className="muted">
          {xLabel}{' '}
          <span className="mono">{plot.isTime ? new Date(at * 1000).toISOString() : formatValue(at)}</span>
        </li>
      )}
    </ul>
  );
}

/** How a line is drawn. */
function Swatch({ index }: { index: number }) {
  return (
    <svg width={24} height={8} aria-hidden="true">
      <line
        x1={0}
        y1={4}
        x2={24}
        y2={4}
        strokeWidth={2}
        strokeDasharray={lineDash(index).join(' ') || undefined}
        style={{ stroke: `var(${lineToken(index)})` }}
      />
    </svg>
  );
}
