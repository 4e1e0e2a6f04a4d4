import type { SystemState } from '@quarry/sdk';
import { defineCommand, flag } from '../../command.ts';
import type { Io } from '../../io.ts';
import { count, formatBytes, formatDuration } from '../../output/human.ts';
import { printFields, printTable } from '../../output/table.ts';

export default defineCommand({
  details:
    'For administrators, and on Quarry servers only. What waits, what is in use, the disk, and what is wrong in the ' +
    'background. With --json also every task, and every setting but secrets, as the API sends them.',
  options: { settings: flag('--settings', 'the settings in effect, with where each comes from') },
  examples: [
    { command: 'quarry system show', says: 'How the platform is' },
    { command: 'quarry system show --settings', says: 'What it goes by' },
  ],
  run: (_options, { sdk, signal }) => sdk.admin.system({ signal }),
  present(state, io, { settings }) {
    if (settings) {
      return showSettings(state, io);
    }
    const { versions, cores, gpus, clusters, queue, disk, database, catalogue, doctor, tasks } = state;
    const failing = tasks.filter(({ lastError }) => lastError !== null);
    printFields(io, [
      ['Version', `Quarry ${versions.quarry}, Node ${versions.node}, SQLite ${versions.sqlite}`],
      ['Host', `${state.hostname}, ${versions.system}`],
      ['Running', `for ${formatDuration(state.uptimeSeconds)}`],
      ['Cores', `${cores.used} of ${cores.total} in use`],
      ['GPUs', gpus.total === 0 ? null : `${gpus.used} of ${gpus.total} in use`],
      ['Clusters', `${clusters.count}; of ${count(clusters.silentAgents, 'agent')} nothing is heard`],
      ['Queue', `${queue.count}`],
      ['Disk', describeDisk(disk)],
      ['Database', describeDatabase(database)],
      [
        'Catalogue',
        catalogue.problems.length === 0
          ? 'without mistakes'
          : `${count(catalogue.problems.length, 'mistake')}, see below`,
      ],
      ['Doctor', describeDoctor(doctor)],
      [
        'Background',
        failing.length === 0 ? 'everything works' : `${count(failing.length, 'task')} failed, see below`,
      ],
    ]);
    for (const { name, lastError } of failing) {
      io.print(`\n${io.style('yellow', name)}: ${lastError}`);
    }
    for (const { file, line, field, message } of catalogue.problems) {
      io.print(`\n${io.style('yellow', `${file}:${line}`)}: ${field ? `${field}: ` : ''}${message}`);
    }
    if (queue.entries.length > 0) {
      io.print(`\n${io.style('dim', 'Queue')}`);
      printTable(io, queue.entries, [
        { header: 'Job', value: ({ jobId, clusterId }) => jobId ?? clusterId ?? '', style: () => 'bold' },
        { header: 'Name', value: ({ name }) => name, flexible: true },
        { header: 'Owner', value: ({ owner }) => owner, flexible: true },
        { header: 'Cores', value: ({ cores: wanted }) => wanted, align: 'right' },
        { header: 'Place', value: ({ waiting }) => waiting?.position ?? '', align: 'right' },
        { header: 'Why', value: ({ waiting }) => waiting?.message ?? '', flexible: true },
      ]);
    }
  },
});

function showSettings({ settings }: SystemState, io: Io): void {
  printTable(io, settings, [
    { header: 'Setting', value: ({ name }) => name, style: () => 'bold' },
    {
      header: 'Value',
      value: ({ value, isSecret, source }) =>
        isSecret ? (source === 'default' ? '' : 'set, and shown to nobody') : [value ?? ''].flat().join(' '),
      flexible: true,
    },
    { header: 'From', value: ({ source }) => source },
  ]);
}

function describeDisk({ directory, freeBytes, totalBytes, lowBytes }: SystemState['disk']): string {
  if (freeBytes === null) {
    return directory;
  }
  const free = `${formatBytes(freeBytes)}${totalBytes === null ? '' : ` of ${formatBytes(totalBytes)}`} free`;
  return `${directory}, ${free}${freeBytes < lowBytes ? ': that is low' : ''}`;
}

function describeDatabase({ bytes, walBytes, dateChecked, problems }: SystemState['database']): string {
  const size = formatBytes(bytes + walBytes);
  if (dateChecked === null) {
    return `${size}, not looked at yet`;
  }
  if (problems === null) {
    return `${size}; whether it is sound could not be found out`;
  }
  return problems.length === 0 ? `${size}, sound` : `${size}, damaged: ${problems.slice(0, 3).join('; ')}`;
}

function describeDoctor(doctor: SystemState['doctor']): string {
  if (doctor === null) {
    return 'has not been asked; see quarry system doctor';
  }
  if (doctor.state === 'running') {
    return 'is looking';
  }
  if (doctor.state === 'failed') {
    return `could not look: ${doctor.failure}`;
  }
  const errors = doctor.checks.filter(({ status }) => status === 'error').length;
  const warnings = doctor.checks.filter(({ status }) => status === 'warning').length;
  return `${count(errors, 'error')}, ${count(warnings, 'warning')} on ${doctor.dateStarted.slice(0, 10)}`;
}
