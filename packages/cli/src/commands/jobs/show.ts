import type { Job } from '@quarry/sdk';
import { argument, defineCommand } from '../../command.ts';
import { describeWaiting } from '../../follow/waiting.ts';
import type { Io } from '../../io.ts';
import { formatAge, formatBytes } from '../../output/human.ts';
import { printFields } from '../../output/table.ts';

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
  present({ job, statuses }, io, _options, clock) {
    const age = formatAge(job.dateInserted, clock.now());
    printFields(io, [
      ['Job', `${job.id}  ${job.name}`],
      ['Status', statuses[0]?.status ?? 'not submitted'],
      ['Outcome', job.outcome?.replaceAll('_', ' ')],
      ['Failure', job.failure && `${job.failure.message}\n${job.failure.hint}`],
      ['Waiting', job.waiting && describeWaiting(job.waiting)],
      ['Owner', job.owner],
      ['Created', `${job.dateInserted} (${age})`],
      ['Project', job.projectId],
      ['Price at most', job.cost?.estimate?.formula],
      ['Tags', job.userTags?.map(({ name }) => name).join(', ')],
    ]);
    for (const [index, tile] of job.jobanalyses.entries()) printTile(tile, index, job.jobanalyses.length, io);
    if (statuses.length > 0) io.print(`\n${io.style('dim', 'History')}`);
    for (const { status, statusDate, statusReason } of statuses.toReversed()) {
      io.print(
        `  ${statusDate.slice(0, 19).replace('T', ' ')}  ${status}${statusReason ? `: ${statusReason}` : ''}`,
      );
    }
  },
});

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
    ['Command', tile.command],
    ['Environment', Object.keys(tile.envVars ?? {}).join(', ')],
    [
      'Inputs',
      inputFiles
        .map(({ id, name, decryptedSize }) => `${id}  ${name}  ${formatBytes(decryptedSize)}`)
        .join('\n'),
    ],
  ]);
}
