import { listStorageEntries, type StorageEntry } from '@quarry/contract';
import { toInstant } from '../../clock.ts';
import type { DeviceEntry } from '../../devices/contents.ts';
import { route } from '../../http/route.ts';
import { LIMITS } from '../../limits.ts';
import { inMemory, paginate } from '../paging.ts';
import type { DevicesContext } from './context.ts';
import { openContents } from './open-contents.ts';

export const entries = (context: DevicesContext) =>
  route(listStorageEntries, async (call) => {
    const { path = '' } = call.query;
    using contents = (await openContents(context, call)).contents;
    const { names, isWhole } = await contents.list(path, LIMITS.storageDirectoryEntries);
    if (!isWhole) {
      call.warn(`The directory is larger than what is listed: ${LIMITS.storageDirectoryEntries} entries.`);
    }
    const page = await paginate(call, inMemory(names), (name) => name);
    const above = path.split('/').filter((part) => part !== '' && part !== '.');
    return { ...page, results: contents.look(page.results).map((entry) => toWire(entry, above)) };
  });

function toWire({ name, type, sizeBytes, modifiedAt }: DeviceEntry, above: readonly string[]): StorageEntry {
  return {
    name,
    path: [...above, name].join('/'),
    type,
    sizeBytes,
    dateModified: toInstant(modifiedAt.toISOString()),
  };
}
