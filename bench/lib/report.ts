import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Benchmark, Figure, Report, Row } from './benchmark.ts';
import type { Machine } from './machine.ts';

const RESULTS = join(import.meta.dirname, '..', 'results');

/** The report as a table for people. */
export function formatReport(benchmark: Benchmark, report: Report): string {
  const hasCpu = report.rows.some(({ clientCpuSeconds }) => clientCpuSeconds !== undefined);
  const rows = [
    ['', 'median', 'min', 'max', 'runs', ...(hasCpu ? ['CPU client', 'server'] : [])],
    ...report.rows.map((row) => [
      row.what,
      `${number(row.median)} ${row.unit}`,
      number(row.min),
      number(row.max),
      String(row.runs),
      ...(hasCpu ? [row.clientCpuSeconds, row.serverCpuSeconds].map(seconds) : []),
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
  return [
    `${benchmark.name}: ${benchmark.summary}`,
    ...lines.map((line) => `  ${line}`),
    ...report.figures.map((figure) => `  => ${formatFigure(figure)}`),
    ...report.remarks.map((remark) => `  ${remark}`),
    '',
  ].join('\n');
}

function seconds(value: number | undefined): string {
  return value === undefined ? '' : `${value.toFixed(2)} s`;
}

/** Whether a figure reaches a bar; that of the end when none is named. */
export function isReached({ value, better, final }: Figure, bar = final): boolean {
  return better === 'lower' ? value <= bar : value >= bar;
}

function formatFigure(figure: Figure): string {
  const { what, value, unit, first, final, better } = figure;
  const bound = better === 'lower' ? 'at most' : 'at least';
  const verdict = isReached(figure)
    ? 'reached'
    : isReached(figure, first)
      ? 'first bar reached'
      : 'NOT reached';
  return `${what}: ${number(value)} ${unit} (${bound} ${number(first)}, in the end ${number(final)}): ${verdict}`;
}

/** An entry of the history of a benchmark. */
export interface KeptResult extends Report {
  date: string;
  machine: Machine;
  /** Also what takes long was measured; absent in the oldest entries. */
  full?: boolean;
}

/** Appends the report to the history of its benchmark. */
export async function keepReport(
  benchmark: Benchmark,
  report: Report,
  { machine, full }: { machine: Machine; full: boolean },
): Promise<void> {
  await mkdir(RESULTS, { recursive: true });
  const path = join(RESULTS, `${benchmark.name}.json`);
  const history = JSON.parse(await readFile(path, 'utf8').catch(() => '[]')) as KeptResult[];
  history.push({
    date: new Date().toISOString(),
    machine,
    full,
    rows: report.rows.map(rounded),
    figures: report.figures.map((figure) => ({ ...figure, value: round(figure.value) })),
    remarks: report.remarks,
  });
  await writeFile(path, `${JSON.stringify(history, null, 1)}\n`);
}

function rounded(row: Row): Row {
  const numbers = Object.entries(row).map(([name, value]) => [
    name,
    typeof value === 'number' ? round(value) : value,
  ]);
  return Object.fromEntries(numbers) as Row;
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}

function number(value: number): string {
  return value.toLocaleString('en-US', {
    maximumFractionDigits: value >= 100 ? 0 : value >= 10 ? 1 : 2,
    useGrouping: true,
  });
}
