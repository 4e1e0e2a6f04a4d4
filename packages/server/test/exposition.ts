/** Reads the text format of Prometheus (version 0.0.4) as strictly as promtool does, and refuses what it would refuse. */

export interface Sample {
  labels: Record<string, string>;
  value: number;
}

export interface Exposition {
  text: string;
  /** Samples by the name of their family; those of a histogram are all under its own. */
  families: Map<string, Sample[]>;
  /** The one sample with these labels; undefined when there is none. */
  value(name: string, labels?: Record<string, string>): number | undefined;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/gy;

export function parseExposition(text: string): Exposition {
  if (!text.endsWith('\n')) {
    throw new Error('The last line has no end.');
  }
  const types = new Map<string, string>();
  const families = new Map<string, Sample[]>();
  const seen = new Set<string>();
  let current = '';
  for (const line of text.split('\n')) {
    if (line === '') {
      continue;
    }
    const [, kind, name, rest] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (kind !== undefined) {
      if (!NAME.test(name!)) {
        throw new Error(`A bad name: ${line}`);
      }
      if (kind === 'TYPE') {
        if (types.has(name!)) {
          throw new Error(`A second type: ${line}`);
        }
        types.set(name!, rest!);
        families.set(name!, []);
        current = name!;
      }
      continue;
    }
    const sample = readSample(line);
    const family = sample.name.replace(
      types.get(current) === 'histogram' ? /_(bucket|sum|count)$/ : /$^/,
      '',
    );
    if (family !== current) {
      throw new Error(`Not below its type ${current}: ${line}`);
    }
    const series = `${sample.name} ${JSON.stringify(Object.entries(sample.labels).sort())}`;
    if (seen.has(series)) {
      throw new Error(`A second time: ${line}`);
    }
    seen.add(series);
    families.get(family)!.push({
      labels: family === sample.name ? sample.labels : { ...sample.labels, __name__: sample.name },
      value: sample.value,
    });
  }
  for (const [name, type] of types) {
    if (type === 'histogram') {
      checkHistogram(name, families.get(name)!);
    }
    if (type === 'counter' && !name.endsWith('_total')) {
      throw new Error(`A counter without _total: ${name}`);
    }
  }
  return {
    text,
    families,
    value: (name, labels = {}) =>
      families
        .get(name)
        ?.find((sample) => JSON.stringify(sorted(sample.labels)) === JSON.stringify(sorted(labels)))?.value,
  };
}

function sorted(labels: Record<string, string>) {
  return Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
}

function readSample(line: string): Sample & { name: string } {
  const [, name, labelText = '', number] = LINE.exec(line) ?? [];
  if (name === undefined) {
    throw new Error(`No sample: ${line}`);
  }
  const value = number === '+Inf' ? Infinity : number === 'Nan' || number === 'NaN' ? NaN : Number(number);
  if (Number.isNaN(value) && !/nan/i.test(number!)) {
    throw new Error(`No number: ${line}`);
  }
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < labelText.length) {
    const [, label, text] = LABEL.exec(labelText) ?? [];
    if (label === undefined || label in labels) {
      throw new Error(`Bad labels: ${line}`);
    }
    labels[label] = text!;
  }
  return { name, labels, value };
}

/** Buckets grow, the last one is that of all, and it is the count. */
function checkHistogram(name: string, samples: readonly Sample[]): void {
  const series = Map.groupBy(samples, ({ labels: { le: _, __name__: __, ...labels } }) =>
    JSON.stringify(sorted(labels)),
  );
  for (const [labels, each] of series) {
    const of = (part: string) => each.filter((sample) => sample.labels.__name__ === `${name}_${part}`);
    const buckets = of('bucket');
    const counts = buckets.map(({ value }) => value);
    const isGrowing = counts.every((count, place) => place === 0 || count >= counts[place - 1]!);
    const isWhole = buckets.at(-1)?.labels.le === '+Inf' && counts.at(-1) === of('count')[0]?.value;
    if (!isGrowing || !isWhole || of('sum').length !== 1) {
      throw new Error(`${name}${labels} does not add up.`);
    }
  }
}
