import type { Run } from '@quarry/sdk';
import { argument, defineCommand } from '../../command.ts';
import type { Io } from '../../io.ts';
import { count, formatBytes, formatDuration } from '../../output/human.ts';
import { printable } from '../../output/printable.ts';
import { printFields } from '../../output/table.ts';
import { usageFields } from '../../output/usage.ts';
import { secondsOf, stateOf } from '../../results/run-state.ts';

export default defineCommand({
  details: 'With --json: the run as the API sends it.',
  arguments: { job: argument('<job>', 'id of the job'), run: argument('<run>', 'number of the run') },
  examples: [
    { command: 'quarry runs show abcDEF 17', says: 'Variables, times, what it used, why it failed' },
    {
      command: 'quarry runs show abcDEF 17 --json | jq .usage.cpuSeconds',
      says: 'One figure, for a program',
    },
  ],
  async run({ job, run }, { sdk, signal }) {
    return sdk.jobs.getRun(job, run, { signal });
  },
  present(run, io) {
    const seconds = secondsOf(run);
    const earlier = run.previousAttempts?.length ?? 0;
    printFields(io, [
      ['Run', run.id],
      ['State', stateOf(run)],
      ['Failure', run.failure && `${run.failure.message}\n${run.failure.hint}`],
      ['Exit code', run.exitCode],
      ['Attempt', earlier > 0 ? `${run.attempt}${run.isResumed ? ', resumed' : ''}` : null],
      ['Unfinished', run.isUnfinished ? 'yes: its outputs are what it had left when it was cut off' : null],
      ['Kept', run.keptDirectory && describeKept(run)],
      ['Optimal', run.isOptimal ? 'yes' : null],
      ['Started', run.dateStarted],
      ['Ended', run.dateCompleted],
      ['Took', seconds === null ? null : formatDuration(seconds)],
      ...usageFields(run.usage),
      [
        'Outputs',
        run.dateCompleted && `${count(run.outputFileCount, 'file')}, ${formatBytes(run.outputFileSize)}`,
      ],
      ['Collecting', run.collecting && describeCollecting(run.collecting)],
    ]);
    if (run.variables.length > 0) {
      io.print(`\n${io.style('dim', 'Variables')}`);
      printFields(
        io,
        run.variables.map(({ name, displayValue }) => [`  ${name}`, displayValue] as const),
      );
    }
    printSkipped(run, io);
    if (earlier > 0) {
      io.print(`\n${io.style('dim', 'Earlier attempts')}`);
    }
    for (const { dateStarted, outcome, failure } of run.previousAttempts ?? []) {
      const began = dateStarted?.slice(0, 19).replace('T', ' ') ?? 'not started';
      io.print(`  ${began}  ${outcome?.replaceAll('_', ' ') ?? ''}${failure ? `: ${failure.message}` : ''}`);
    }
  },
});

/** The directory of a run that was cut off, and what can be done with it. */
function describeKept({ keptDirectory, dateCompleted }: Run): string {
  const { sizeBytes, dateExpires } = keptDirectory!;
  const size = sizeBytes === null ? '' : `, ${formatBytes(sizeBytes)}`;
  if (dateCompleted === null) {
    return `its directory${size}, in which it goes on`;
  }
  const until = dateExpires === null ? '' : ` until ${dateExpires.slice(0, 10)}`;
  return `its directory${size}${until} (quarry runs resume, quarry runs discard)`;
}

function describeCollecting({
  files,
  totalFiles,
  bytes,
  totalBytes,
}: NonNullable<Run['collecting']>): string {
  return `${files} of ${count(totalFiles, 'output')}, ${formatBytes(bytes)} of ${formatBytes(totalBytes)}`;
}

/** What the run left that could not be kept. */
function printSkipped({ skipped = [], skippedCount = skipped.length }: Run, io: Io): void {
  if (skippedCount === 0) {
    return;
  }
  io.print(`\n${io.style('dim', `Not kept (${count(skippedCount, 'output')})`)}`);
  printFields(
    io,
    skipped.map(
      ({ relativePath, reason }) => [`  ${printable(relativePath) || 'work directory'}`, reason] as const,
    ),
  );
  const rest = skippedCount - skipped.length;
  if (rest > 0) {
    io.print(`  and ${rest} more`);
  }
}
