import { argumentsList, defineCommand } from '../../command.ts';
import { readEntry, readPlace } from './place.ts';

export default defineCommand({
  details:
    'DEVICE deletes the device with all that lies on it; refused while a job has it that is submitted and has not ended, ' +
    'and the refusal names it. DEVICE:PATH removes a file, or a directory with all in it.',
  arguments: { places: argumentsList('<place...>', 'DEVICE, or DEVICE:PATH') },
  examples: [
    { command: 'quarry storage rm abcDEF:old', says: 'A directory on a device' },
    { command: 'quarry storage rm abcDEF', says: 'The device, with everything on it' },
  ],
  async run({ places }, { sdk, signal }) {
    const all = places.map((text) => ({ text, ...readPlace(text) }));
    // `abcDEF:` and `abcDEF:/` are not taken for the whole device, and nothing is removed before that is said.
    for (const { text, device, path } of all) {
      if (path === '' && text !== device) {
        readEntry(text);
      }
    }
    for (const { device, path } of all) {
      await (path === ''
        ? sdk.storageDevices.delete(device, { signal })
        : sdk.storageDevices.remove(device, path, { signal }));
    }
    return { deleted: places };
  },
  present({ deleted }, io) {
    for (const place of deleted) {
      io.print(place.includes(':') ? `${place} is removed.` : `Storage device ${place} is deleted.`);
    }
  },
});
