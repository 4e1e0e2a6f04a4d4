import { type DeviceWithOwner, findDevice } from '../../db/queries/storage-devices.ts';
import { DeviceContents } from '../../devices/contents.ts';
import type { Call } from '../../http/route.ts';
import { refused } from '../../problems.ts';
import type { DevicesContext } from './context.ts';

type Asked = Pick<Call, 'caller'> & { params: { deviceId: string } };

/** A device that the caller may use and that is started. */
export async function findStarted({ database }: DevicesContext, call: Asked): Promise<DeviceWithOwner> {
  const device = await findDevice(database.read, call.caller, call.params.deviceId);
  if (device.status === 'Started') {
    return device;
  }
  throw refused(`The storage device ${device.id} is not started, so nothing lies on it.`, {
    code: 'storage_device_not_started',
    hint: 'Submit it first (POST storage-devices/{id}/submit/).',
  });
}

/** What lies on it; the caller closes that. */
export async function openContents(
  context: DevicesContext,
  call: Asked,
): Promise<{ device: DeviceWithOwner; contents: DeviceContents }> {
  const device = await findStarted(context, call);
  const content = context.domain.directories.contentOf(device.id);
  return { device, contents: new DeviceContents(content, device.id) };
}
