import { copyToStorage } from '@quarry/contract';
import type { FileWithOwner } from '../../db/queries/files-list.ts';
import { type IncomingFile, placeFiles, receiveFile } from '../../devices/put.ts';
import { openBytes } from '../../files/open-bytes.ts';
import { findVisibleFile } from '../../files/visibility.ts';
import { type Call, route } from '../../http/route.ts';
import { invalidFields, Problem } from '../../problems.ts';
import type { DevicesContext } from './context.ts';
import { findStarted } from './open-contents.ts';

const READ_BYTES = 1024 * 1024;

export const copyFiles = (context: DevicesContext) =>
  route(copyToStorage, async (call) => {
    const device = await findStarted(context, call);
    const wanted = await findAll(context, call);
    using room = context.room.take(device);
    const put = { deviceId: device.id, directories: context.domain.directories, room };
    const received: Array<{ file: IncomingFile; target: string }> = [];
    try {
      for (const file of wanted) {
        const target = [call.body.outputDir.replace(/\/+$/, ''), file.name].filter(Boolean).join('/');
        received.push({
          target,
          file: await receiveFile(put, bytesOf(context, file), {
            expectedBytes: file.size_bytes,
            signal: call.signal,
          }),
        });
      }
    } catch (error) {
      await Promise.all(received.map(({ file }) => file.discard()));
      throw error;
    }
    await placeFiles(put, received);
    context.sizes.touch(device.id);
    return {
      files: received.map(({ target, file }, index) => ({
        id: wanted[index]!.id,
        path: target,
        sizeBytes: file.sizeBytes,
      })),
    };
  });

async function findAll(
  { database }: DevicesContext,
  { caller, body }: Pick<Call<typeof copyToStorage>, 'caller' | 'body'>,
): Promise<FileWithOwner[]> {
  const files: FileWithOwner[] = [];
  const problems: Array<Record<string, string[]>> = [];
  for (const { id } of body.files) {
    try {
      files.push(await findVisibleFile(database.read, caller, id));
      problems.push({});
    } catch (error) {
      if (!(error instanceof Problem) || error.kind !== 'not_found') {
        throw error;
      }
      problems.push({ id: [`There is no file "${id}" that you may read.`] });
    }
  }
  if (files.length < body.files.length) {
    throw invalidFields({ files: problems });
  }
  return files;
}

async function* bytesOf({ files }: DevicesContext, file: FileWithOwner): AsyncGenerator<Uint8Array> {
  const reader = await openBytes(files, file);
  try {
    const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, Math.max(1, file.size_bytes)));
    for (let position = 0; position < file.size_bytes; ) {
      const count = await reader.read(buffer, position);
      yield buffer.subarray(0, count);
      position += count;
    }
  } finally {
    await reader.close();
  }
}
