import { writeStorageFile } from '@quarry/contract';
import { placeFiles, receiveFile } from '../../devices/put.ts';
import { readReprDigest } from '../../http/digest-fields.ts';
import { route } from '../../http/route.ts';
import { drain } from '../files/drain.ts';
import { bodyBytes } from '../uploads/body-bytes.ts';
import type { DevicesContext } from './context.ts';
import { openContents } from './open-contents.ts';

export const write = (context: DevicesContext) =>
  route(writeStorageFile, async (call) => {
    const target = call.params['*'];
    const expectedSha512 = readReprDigest(call.headers['repr-digest']);
    const { device, contents } = await openContents(context, call);
    using _contents = contents;
    contents.placeName(target);
    using room = context.room.take(device);
    const put = { deviceId: device.id, directories: context.domain.directories, room };
    try {
      // A client that has gone without a word gets no answer.
      const bytes = bodyBytes(call.stream, (reason) => call.stream.destroy(reason));
      const file = await receiveFile(put, bytes, {
        expectedBytes: Number(call.headers['content-length'] ?? 0),
        expectedSha512,
        signal: call.signal,
      });
      await placeFiles(put, [{ file, target }]);
      context.sizes.touch(device.id);
      return { path: target, sizeBytes: file.sizeBytes, sha512: file.sha512 };
    } catch (error) {
      // Many clients read no answer before they have sent their whole body.
      if (!call.signal.aborted) {
        await drain(call.stream);
      }
      throw error;
    }
  });
