import { copyToStorage } from '@quarry/contract';
import { copyFilesOnto, findCopiedFiles } from '../../devices/copy-files.ts';
import { findStartedDevice } from '../../devices/find-started.ts';
import { route } from '../../http/route.ts';
import type { DevicesContext } from './context.ts';

export const copyFiles = ({ database, domain, room, sizes, files: { storage, logger } }: DevicesContext) =>
  route(copyToStorage, async ({ caller, params, body, signal }) => {
    const device = await findStartedDevice(database.read, caller, params.deviceId);
    const ids = body.files.map(({ id }) => id);
    const files = await findCopiedFiles(database.read, caller, ids);
    const parts = { storage, logger, directories: domain.directories, room, sizes };
    return { files: await copyFilesOnto(parts, device, { files, outputDir: body.outputDir, signal }) };
  });
