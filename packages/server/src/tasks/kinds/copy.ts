import { copyFilesOnto, findCopiedFiles } from '../../devices/copy-files.ts';
import { findStartedDevice } from '../../devices/find-started.ts';
import type { KindOfTask, TaskParts } from '../kind.ts';

/** Stored files that are copied onto a storage device. */
export function copyKind(parts: TaskParts): KindOfTask<'copy'> {
  const { database, storage, logger } = parts;
  const { deviceDirectories: directories, deviceRoom: room, deviceSizes: sizes } = parts;
  return {
    unit: 'bytes',
    async run({ task, wish, caller, signal, tell, settle }) {
      const { read } = database;
      const device = await findStartedDevice(read, caller, task.subject_id);
      const files = await findCopiedFiles(read, caller, wish.files);
      const of = files.reduce((sum, file) => sum + file.size_bytes, 0);
      let done = 0;
      tell({ done, of });
      const copied = await copyFilesOnto({ storage, logger, directories, room, sizes }, device, {
        files,
        outputDir: wish.outputDir,
        signal,
        onBytes(bytes) {
          done += bytes;
          tell({ done, of });
        },
        beforePlacing: () =>
          settle(async (queries, callerNow) => {
            await findStartedDevice(queries, callerNow, device.id);
            await findCopiedFiles(queries, callerNow, wish.files);
          }),
      });
      return { write: async () => ({ files: copied }) };
    },
  };
}
