import { createStorageCopyTask } from '@quarry/contract';
import { findCopiedFiles } from '../../devices/copy-files.ts';
import { findStartedDevice } from '../../devices/find-started.ts';
import { route } from '../../http/route.ts';
import { begin } from './begin.ts';
import type { TasksContext } from './context.ts';

export const copy = (context: TasksContext) =>
  route(createStorageCopyTask, async ({ caller, params, body }) => {
    const { read } = context.database;
    const device = await findStartedDevice(read, caller, params.deviceId);
    const files = body.files.map(({ id }) => id);
    await findCopiedFiles(read, caller, files);
    const subject = { type: 'storage-device', id: device.id } as const;
    return await begin(context, caller, {
      kind: 'copy',
      subject,
      wish: { files, outputDir: body.outputDir },
    });
  });
