import type { Figure } from '../bench/lib/benchmark.ts';
import { isReached, type KeptResult } from '../bench/lib/report.ts';
import { table } from './markdown.ts';
import { barPlot, figuresPlot } from './performance/plots.ts';
import { latestResult, owned, quantity } from './performance/results.ts';
import { INTRODUCTION, SUBJECTS, type Subject, WHERE_THE_TIME_GOES } from './performance/subjects.ts';

interface Told {
  subject: Subject;
  result: KeptResult;
  svg: string | null;
}

/** `docs/performance.md` and the images in `docs/performance/`, from the latest results of every benchmark. */
export async function performanceFiles(): Promise<Record<string, string>> {
  const told: Told[] = [];
  for (const subject of SUBJECTS) {
    const result = await latestResult(subject.name);
    if (result) {
      told.push({ subject, result, svg: subject.plot ? barPlot(result, subject.plot) : null });
    }
  }
  const images = told.flatMap(({ subject, svg }) => (svg ? [[imageOf(subject.name), svg] as const] : []));
  return {
    'docs/performance.md': page(told),
    [imageOf('figures')]: figuresPlot(told.flatMap(({ result }) => result.figures.flatMap(shareOf))),
    ...Object.fromEntries(images),
  };
}

function imageOf(name: string): string {
  return `docs/performance/${name}.svg`;
}

/** What part of the final bar a figure takes up; of those that are to be high, the bar's part of the figure. */
function shareOf(figure: Figure): { what: string; share: number; label: string }[] {
  const { what, value, unit, final, better } = figure;
  const share = better === 'lower' ? value / final : final / value;
  if (!Number.isFinite(share)) {
    return [];
  }
  return [{ what, share, label: quantity(value, unit) }];
}

function page(told: readonly Told[]): string {
  return `# Performance

${INTRODUCTION}

## Figures

![How near each figure is to its bar](performance/figures.svg)

${table(
  ['what', 'command', 'measured', 'first bar', 'in the end', ''],
  told.flatMap(({ subject, result }) =>
    result.figures.map((figure) => [
      figure.what,
      `\`npm run bench -- ${subject.name}${result.full ? ' --full' : ''}\``,
      quantity(figure.value, figure.unit),
      barOf(figure, figure.first),
      barOf(figure, figure.final),
      isReached(figure) ? 'reached' : isReached(figure, figure.first) ? 'first bar' : 'not yet',
    ]),
  ),
)}

${missing(told)}

${told.map(section).join('\n\n')}

## Where the time goes

${WHERE_THE_TIME_GOES}
`;
}

function barOf({ unit, better }: Figure, bar: number): string {
  return `${better === 'lower' ? 'at most' : 'at least'} ${quantity(bar, unit)}`;
}

function missing(told: readonly Told[]): string {
  const behind = told.flatMap(({ result }) =>
    result.figures.filter((figure) => !isReached(figure)).map(({ what }) => what),
  );
  return behind.length === 0 ? 'All of them are reached.' : `Not there yet: ${behind.join('; ')}.`;
}

function section({ subject, result, svg }: Told): string {
  const hasCpu = result.rows.some(({ clientCpuSeconds }) => clientCpuSeconds !== undefined);
  const rows = owned(result.rows).map((row) => [
    row.what,
    row.isPeer ? quantity(row.median, row.unit) : `**${quantity(row.median, row.unit)}**`,
    row.runs > 1 ? `${quantity(row.min, row.unit)} to ${quantity(row.max, row.unit)}` : '',
    String(row.runs),
    ...(hasCpu ? [seconds(row.clientCpuSeconds), seconds(row.serverCpuSeconds)] : []),
  ]);
  return [
    `## ${subject.title}`,
    subject.prose,
    ...(svg ? [`![${subject.title}](performance/${subject.name}.svg)`] : []),
    table(['', 'median', 'from, to', 'runs', ...(hasCpu ? ['client CPU', 'server CPU'] : [])], rows),
    machine(result),
    ...result.remarks,
  ].join('\n\n');
}

function seconds(value: number | undefined): string {
  return value === undefined ? '' : `${value.toFixed(2)} s`;
}

function machine({ date, machine: host, full }: KeptResult): string {
  const programs = Object.entries(host.programs ?? {}).map(([name, version]) => `${name} ${version}`);
  return `Measured on ${date.slice(0, 10)} ${[
    `with ${host.cores} cores of ${host.cpu}`,
    `${host.memoryGiB} GiB`,
    host.kernel,
    ...(host.fileSystem ? [host.fileSystem] : []),
    `Node ${host.node.replace(/^v/, '')}`,
    ...programs,
    `commit ${host.commit}`,
    `load ${host.loadBefore.toFixed(1)} before`,
  ].join(', ')}${full ? ', with `--full`' : ''}.`;
}
