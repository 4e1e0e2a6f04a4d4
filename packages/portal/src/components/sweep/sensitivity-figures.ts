import type { Sensitivity } from '@quarry/sdk';

/** Figures by the method that gives them, the one that inputs are ordered by first. */
const FIGURES = {
  sobol: ['totalOrder', 'firstOrder'],
  morris: ['muStar', 'sigma'],
  correlation: ['coefficient', 'pValue'],
  'rank-correlation': ['coefficient', 'pValue'],
} as const satisfies Record<Sensitivity['method'], readonly string[]>;

export type FigureName = (typeof FIGURES)[Sensitivity['method']][number];

interface Figure {
  value: number | null;
  /** Half of its 95 % confidence interval; null where there is none. */
  interval: number | null;
}

export interface InputFigures {
  name: string;
  figures: Partial<Record<FigureName, Figure>>;
}

/** The figures of a method, the input that matters most first. */
export function figuresOf({ method, inputs }: Pick<Sensitivity, 'method' | 'inputs'>): {
  names: readonly FigureName[];
  inputs: InputFigures[];
} {
  const names = FIGURES[method];
  const [main] = names;
  const found = inputs.map(({ name: input, ...given }) => {
    const numbers: Record<string, number | null | undefined> = given;
    const figureOf = (name: FigureName): Figure => ({
      value: numbers[name] ?? null,
      interval: numbers[`${name}Interval`] ?? null,
    });
    const figures = Object.fromEntries(names.map((name) => [name, figureOf(name)]));
    return { name: input, figures: figures as InputFigures['figures'] };
  });
  const size = ({ figures }: InputFigures) => Math.abs(figures[main]?.value ?? 0);
  return { names, inputs: found.sort((a, b) => size(b) - size(a)) };
}

/** What the bars of each figure stand for from end to end; a probability has none. */
export function scaleOfBars(
  inputs: readonly InputFigures[],
  names: readonly FigureName[],
): Partial<Record<FigureName, { low: number; high: number }>> {
  return Object.fromEntries(
    names
      .filter((name) => name !== 'pValue')
      .map((name) => {
        const ends = inputs.flatMap(({ figures }) => {
          const { value = null, interval = null } = figures[name] ?? {};
          return value === null ? [] : [value - (interval ?? 0), value + (interval ?? 0)];
        });
        const [low, high] = [Math.min(0, ...ends), Math.max(0, ...ends)];
        return [
          name,
          name === 'coefficient' ? { low: -1, high: 1 } : { low, high: high > low ? high : low + 1 },
        ];
      }),
  );
}
