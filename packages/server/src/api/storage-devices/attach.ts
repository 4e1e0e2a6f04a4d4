import { attachStorageDevice } from '@quarry/contract';
import { findDevice } from '../../db/queries/storage-devices.ts';
import { route } from '../../http/route.ts';
import { prepareAttachment } from '../../jobs/verbs/attach-device.ts';
import { changeJob, changesSomething } from '../../jobs/verbs/change.ts';
import type { DevicesContext } from './context.ts';
import { deviceToWire } from './to-wire.ts';

export const attach = ({ database, jobs: { domain } }: DevicesContext) =>
  route(attachStorageDevice, async (call) => {
    const { jobId } = call.params;
    const { id: deviceId } = call.body.storageDevice;
    const tiles = call.body.jobanalyses;
    const inputFiles = tiles.flatMap(({ inputFiles }) =>
      inputFiles.map(({ inputFileType: _, ...file }) => file),
    );
    const device = { id: deviceId, inputFiles };
    const wanted = { jobId, device, tiles: tiles.map(({ order }) => order) };
    for (let isDone = false; !isDone; ) {
      const prepared = await prepareAttachment({ ...domain, queries: database.read }, call.caller, wanted);
      isDone =
        !changesSomething(prepared) ||
        (await database.write((queries) => changeJob({ ...domain, queries }, call.caller, prepared)));
      for (const text of isDone ? prepared.warnings : []) {
        call.warn(text);
      }
    }
    const attached = await findDevice(database.read, call.caller, deviceId);
    return { jobId, storageDevice: deviceToWire(attached, call) };
  });
