/** `node bench/main.ts [NAME...] [--runs N] [--full] [--tiny] [--no-keep] [--strict]`: measures, prints, keeps. */
import { parseArgs } from 'node:util';
import { api } from './api.ts';
import { crash } from './crash.ts';
import { cuts } from './cuts.ts';
import { download } from './download.ts';
import { downloadLimited } from './download-limited.ts';
import { latency } from './latency.ts';
import type { Benchmark } from './lib/benchmark.ts';
import { describeMachine } from './lib/machine.ts';
import { formatReport, isReached, keepReport } from './lib/report.ts';
import { mesh } from './mesh.ts';
import { portal } from './portal.ts';
import { slowReaders } from './slow-readers.ts';
import { smallFiles } from './small-files.ts';
import { snapshots } from './snapshots.ts';
import { ssh } from './ssh.ts';
import { start } from './start.ts';
import { sweep } from './sweep.ts';
import { sweepPage } from './sweep-page.ts';
import { upload } from './upload.ts';
import { watchers } from './watchers.ts';

const BENCHMARKS: readonly Benchmark[] = [
  latency,
  start,
  api,
  download,
  downloadLimited,
  upload,
  smallFiles,
  cuts,
  slowReaders,
  watchers,
  sweep,
  sweepPage,
  snapshots,
  ssh,
  mesh,
  portal,
  crash,
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string' },
    full: { type: 'boolean', default: false },
    tiny: { type: 'boolean', default: false },
    'no-keep': { type: 'boolean', default: false },
    strict: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const runs = values.runs === undefined ? undefined : Number(values.runs);
const unknown = positionals.filter((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));
if (values.help || unknown.length > 0 || (runs !== undefined && !(Number.isInteger(runs) && runs > 0))) {
  if (unknown.length > 0) {
    process.stderr.write(`There is no benchmark ${unknown.join(', ')}.\n`);
  }
  process.stderr.write(
    [
      'Usage: npm run bench -- [NAME...] [--runs N] [--full] [--tiny] [--no-keep] [--strict]',
      ...BENCHMARKS.map(({ name, summary }) => `  ${name.padEnd(16)} ${summary}`),
      '  --runs N   how often each side is measured',
      '  --full     also what takes long: a million files stored, sweeps of 10,000 runs',
      '  --tiny     small sizes, only to see that everything works; nothing is kept',
      '  --no-keep  does not append to bench/results/',
      '  --strict   ends with 1 when a figure is not reached',
      '',
    ].join('\n'),
  );
  process.exit(values.help ? 0 : 2);
}

for (const benchmark of BENCHMARKS) {
  if (positionals.length > 0 && !positionals.includes(benchmark.name)) {
    continue;
  }
  const machine = describeMachine();
  const report = await benchmark.run({
    runs,
    full: values.full,
    tiny: values.tiny,
    note: (text) => process.stderr.write(`${benchmark.name}: ${text}\n`),
  });
  if (machine.loadBefore > 0.5) {
    report.remarks.push(`The host was not idle: load ${machine.loadBefore.toFixed(1)} before the start.`);
  }
  if (values.tiny) {
    report.remarks.push('Tiny sizes and one run: this shows that it works, and none of the figures counts.');
  }
  process.stdout.write(formatReport(benchmark, report));
  if (values.strict && !report.figures.every((figure) => isReached(figure))) {
    process.exitCode = 1;
  }
  if (!values.tiny && !values['no-keep']) {
    await keepReport(benchmark, report, { machine, full: values.full });
    process.stderr.write('Kept; `npm run generate` brings it into docs/performance.md.\n');
  }
}
