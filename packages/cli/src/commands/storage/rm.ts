import { argumentsList, defineCommand } from '../../command.ts';

export default defineCommand({
  details:
    'Deletes what lies on them as well. Refused while a job has one that is submitted and has not ended; the refusal names it.',
  arguments: { devices: argumentsList('<device...>', 'ids of storage devices') },
  examples: [{ command: 'quarry storage rm abcDEF', says: 'Delete one, with everything on it' }],
  async run({ devices }, { sdk, signal }) {
    for (const device of devices) {
      await sdk.storageDevices.delete(device, { signal });
    }
    return { deleted: devices };
  },
  present({ deleted }, io) {
    for (const device of deleted) {
      io.print(`Storage device ${device} is deleted.`);
    }
  },
});
