import { argument, defineCommand } from '../../command.ts';
import { formatAge, formatBytes } from '../../output/human.ts';
import { printFields } from '../../output/table.ts';

export default defineCommand({
  arguments: { device: argument('<device>', 'id of the storage device') },
  examples: [{ command: 'quarry storage show abcDEF', says: 'Its size, what it holds, and whose it is' }],
  async run({ device }, { sdk, signal }) {
    return sdk.storageDevices.get(device, { signal });
  },
  present(device, io, _options, clock) {
    const { usedBytes, sizeBytes, dateMeasured, dateInserted, firstAlert, secondAlert } = device;
    const now = clock.now();
    const measured = dateMeasured === null ? '' : ` (${formatAge(dateMeasured, now)})`;
    printFields(io, [
      ['Id', device.id],
      ['Name', device.name],
      ['Status', device.status],
      ['In jobs', `$HOME/storage_${device.id}, /storage_${device.id}`],
      ['Size', `${formatBytes(sizeBytes)} (${sizeBytes} bytes)`],
      ['Used', usedBytes === null ? 'not measured yet' : `${formatBytes(usedBytes)}${measured}`],
      ['Alerts', [firstAlert, secondAlert].flatMap((percent) => percent ?? []).join(', ') || null],
      ['Grows', device.autoextend ? `by ${device.autoextendPercent ?? 10} % when it is full` : null],
      ['Owner', device.owner],
      ['Project', device.projectId],
      ['Created', `${dateInserted} (${formatAge(dateInserted, now)})`],
    ]);
  },
});
