import { Name } from '../../ui/name.tsx';
import { mesh as words } from '../../words/en/mesh.ts';
import { formatValue } from '../../words/numbers.ts';
import { type ColourMapName, stopsOf } from './colour-maps.ts';
import styles from './mesh-view.module.css';
import type { ValueRange } from './value-range.ts';

export interface LegendContent {
  /** With the component and the unit, as people read it. */
  title: string;
  range: ValueRange;
  map: ColourMapName;
}

const TICKS = 5;
const MAX_DIGITS = 15;

/** The values that are written below the colours, with as many digits as tell one from the next. */
export function ticksOf([low, high]: ValueRange): string[] {
  const step = (high - low) / (TICKS - 1);
  const digits = Math.ceil(Math.log10(Math.max(Math.abs(low), Math.abs(high)) / step)) + 2;
  return Array.from({ length: TICKS }, (_, index) =>
    formatValue(low + step * index, Math.min(MAX_DIGITS, Math.max(1, digits))),
  );
}

export function ColourLegend({ title, range, map }: LegendContent) {
  return (
    <figure className={styles.legend} aria-label={words.legend(title)}>
      <figcaption>
        <Name>{title}</Name>
      </figcaption>
      <div
        className={styles.bar}
        style={{ background: `linear-gradient(to right, ${stopsOf(map).join(', ')})` }}
      />
      <div className={styles.ticks}>
        {ticksOf(range).map((tick, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two of them can be the same
          <span key={index}>{tick}</span>
        ))}
      </div>
    </figure>
  );
}
