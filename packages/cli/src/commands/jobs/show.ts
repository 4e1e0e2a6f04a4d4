import type { Job } from '@quarry/sdk';
import { argument, defineCommand } from '../../command.ts';
import { describeWaiting } from '../../follow/waiting.ts';
import type { Io } from '../../io.ts';
import { formatAge, formatBytes } from '../../output/human.ts';
import { printFields } from '../../output/table.ts';
import { usageFields } from '../../output/usage.ts';

export default defineCommand({
  details: 'With --json: {"job":…,"statuses":[…]}, as the API sends them, statuses newest first.',
  arguments: { job: argument('<job>', 'id of the job') },
  examples: [
    { command: 'quarry jobs show abcDEF', says: 'Definition, status, outcome' },
    { command: 'quarry jobs show abcDEF --json | jq .job.outcome', says: 'One field, for a program' },
  ],
  async run({ job: jobId }, { sdk, signal }) {
    const [job, statuses] = await Promise.all([
      sdk.jobs.get(jobId, { signal }),
      sdk.jobs.statuses(jobId, { signal }).all(),
    ]);
    return { job, statuses };
  },
  fieldsOf: ({ job, statuses }) => ({ ...job, statuses }),
  present({ job, statuses }, io, _options, clock) {
    const age = formatAge(job.dateInserted, clock.now());
    printFields(io, [
      ['Job', `${job.id}  ${job.name}`],
      ['Status', statuses[0]?.status ?? 'not submitted'],
      ['Outcome', job.outcome?.replaceAll('_', ' ')],
      ['Failure', job.failure && `${job.failure.message}\n${job.failure.hint}`],
      ['Waiting', job.waiting && describeWaiting(job.waiting)],
      ['After', job.after && describeAfter(job.after)],
      ['Goes on from', job.restartedFrom && describeRestart(job.restartedFrom)],
      ['Owner', job.owner],
      ['Created', `${job.dateInserted} (${age})`],
      ['Project', job.projectId],
      ['Runs', job.progress && describeRuns(job)],
      ['Optimizer', job.optimization?.message],
      ['Slots', describeSlots(job)],
      ['Price at most', job.cost?.estimate && describeAmount(job.cost.estimate)],
      ['Price so far', job.cost?.used && describeAmount(job.cost.used)],
      ...usageFields(job.usage),
      ['Devices', job.storageDevices?.map(({ id }) => `${id}  $HOME/storage_${id}`).join('\n')],
      ['Tags', job.userTags?.map(({ name }) => name).join(', ')],
      ['Fields', describeFields(job)],
    ]);
    printVariables(job, io);
    for (const [index, tile] of job.jobanalyses.entries()) {
      printTile(tile, index, job.jobanalyses.length, io);
    }
    if (statuses.length > 0) {
      io.print(`\n${io.style('dim', 'History')}`);
    }
    for (const { status, statusDate, statusReason } of statuses.toReversed()) {
      io.print(
        `  ${statusDate.slice(0, 19).replace('T', ' ')}  ${status}${statusReason ? `: ${statusReason}` : ''}`,
      );
    }
  },
});

function describeRuns({ progress, optimizer }: Job): string | null {
  if (!progress || (progress.runs <= 1 && !optimizer)) {
    return null;
  }
  const { runs, ended, failed } = progress;
  return `${ended} of ${runs} ended${failed > 0 ? `, ${failed} failed (quarry runs list --failed)` : ''}`;
}

function describeAfter(after: NonNullable<Job['after']>): string {
  return after
    .map(({ jobId, on, fulfilled, name, status }) => {
      const where =
        fulfilled === null ? (status ?? 'not submitted') : fulfilled ? 'fulfilled' : 'not fulfilled';
      return `${jobId}${name === null ? '' : ` (${name})`}, on ${on}: ${where}`;
    })
    .join('\n');
}

function describeRestart({ jobId, runId, from, snapshotId }: NonNullable<Job['restartedFrom']>): string {
  if (runId === null) {
    return `job ${jobId}, each run from that of its number (${from ?? 'see its runs'})`;
  }
  return from === 'fresh'
    ? `job ${jobId}, afresh`
    : `job ${jobId}, its ${from}${snapshotId === null ? '' : ` ${snapshotId}`}`;
}

function describeFields({ customFields }: Job): string {
  const shown = Object.entries(customFields ?? {}).map(
    ([name, field]) => `${name}: ${shorten(JSON.stringify(field?.value ?? field))}`,
  );
  return shown.join('\n');
}

/** Only where the cluster has fewer than the job asked for: else the hardware says it. */
function describeSlots({ slotsGranted, jobanalyses }: Job): string | null {
  const asked = jobanalyses[0]?.hardware.slots ?? 1;
  if (!slotsGranted || slotsGranted >= asked) {
    return null;
  }
  return `${slotsGranted} of ${asked}: the host has no room for more`;
}

/** The amount with how it comes about, which some platforms write into the formula itself. */
function describeAmount({
  formula,
  amount,
  currency,
}: {
  formula: string;
  amount: string;
  currency: string;
}) {
  return formula.includes('=') ? formula : `${formula} = ${amount} ${currency}`;
}

function printVariables({ jobvariables, optimizer }: Job, io: Io): void {
  if (jobvariables.length === 0) {
    return;
  }
  io.print(`\n${io.style('dim', 'Variables')}`);
  printFields(
    io,
    jobvariables.map(({ name, variableType, valueGeneratorType, valueGeneratorSettings: settings }) => {
      const shown = Object.entries(settings).map(([key, value]) => `${key} ${shorten(value)}`);
      return [`  ${name}`, [valueGeneratorType || variableType, ...shown].join(', ')] as const;
    }),
  );
  if (optimizer) {
    io.print(`  ${optimizer.objective.goal} ${optimizer.objective.name} (${optimizer.method})`);
  }
}

function shorten(value: unknown): string {
  const text = Array.isArray(value) ? value.join(' ') : String(value);
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`;
}

function printTile(tile: Job['jobanalyses'][number], index: number, tiles: number, io: Io): void {
  const { analysis, hardware, inputFiles } = tile;
  const walltime = hardware.walltime ? `, at most ${hardware.walltime} h` : '';
  io.print('');
  printFields(io, [
    [
      'Analysis',
      `${tiles > 1 ? `${index + 1}. ` : ''}${analysis.name} (${analysis.code} ${analysis.version})`,
    ],
    ['Hardware', `${hardware.coreType}, ${hardware.coresPerSlot} cores x ${hardware.slots} slots${walltime}`],
    ['Before it', tile.preProcessScriptCommand],
    ['Command', tile.command],
    ['After it', tile.postProcessScriptCommand],
    [
      'Templates',
      tile.templateTasks
        ?.map(({ templateFile, processedFilename }) => `${templateFile.name} as ${processedFilename}`)
        .join('\n'),
    ],
    ['Environment', Object.keys(tile.envVars ?? {}).join(', ')],
    [
      'Inputs',
      inputFiles
        .map(({ id, name, decryptedSize }) => `${id}  ${name}  ${formatBytes(decryptedSize)}`)
        .join('\n'),
    ],
  ]);
}
