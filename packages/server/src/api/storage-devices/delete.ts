import { deleteStorageDevice } from '@quarry/contract';
import { deleteDevice, namesOf } from '../../devices/delete.ts';
import { route } from '../../http/route.ts';
import type { DevicesContext } from './context.ts';

export const remove = ({ database, domain, ending, files: { logger } }: DevicesContext) =>
  route(deleteStorageDevice, async (call) => {
    const { deviceId } = call.params;
    const { saved } = await database.write(
      (queries) => deleteDevice({ ...domain, queries }, call.caller, deviceId),
      { mayUseReserve: true },
    );
    if (saved.length > 0) {
      call.warn(
        `Saved jobs have this storage device and cannot be submitted any more, unless it is taken out of their storageDevices: ${namesOf(saved)}.`,
      );
    }
    // It may take long; what a crash leaves of it is removed in the background.
    void removeAll(domain, deviceId, ending).catch((error) => {
      logger.warn(
        { err: error, device: deviceId },
        'the quota of a deleted storage device is given back later',
      );
    });
  });

async function removeAll(
  { directories, quotas }: DevicesContext['domain'],
  deviceId: string,
  ending: AbortSignal,
): Promise<void> {
  const { left } = await directories.remove(deviceId, ending);
  if (left === null) {
    await quotas.release();
  }
}
