import type { DeviceWithOwner } from '../../db/queries/storage-devices.ts';
import { DeviceContents } from '../../devices/contents.ts';
import { findStartedDevice } from '../../devices/find-started.ts';
import type { Call } from '../../http/route.ts';
import type { DevicesContext } from './context.ts';

type Asked = Pick<Call, 'caller'> & { params: { deviceId: string } };

/** What lies on it; the caller closes that. */
export async function openContents(
  context: DevicesContext,
  call: Asked,
): Promise<{ device: DeviceWithOwner; contents: DeviceContents }> {
  const device = await findStartedDevice(context.database.read, call.caller, call.params.deviceId);
  const content = context.domain.directories.contentOf(device.id);
  return { device, contents: new DeviceContents(content, device.id) };
}
