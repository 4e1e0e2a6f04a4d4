import type { ByteSource } from '../byte-source.ts';
import type { ArchiveList } from './entry.ts';
import { readTar } from './read-tar.ts';
import { readZip } from './read-zip.ts';
import { gzippedTar, plainTar } from './tar-bytes.ts';

/** What is in an archive, by its first bytes and not by its name. Rejects with an `ArchiveError` where it is none. */
export async function readArchive(source: ByteSource, signal: AbortSignal): Promise<ArchiveList> {
  const { bytes } = await source.read(0, 4, signal);
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) {
    return readZip(source, signal);
  }
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    const unpacked = gzippedTar(source, signal);
    try {
      return await readTar({ bytes: unpacked, isAddressable: false });
    } finally {
      await unpacked.close();
    }
  }
  return readTar({ bytes: await plainTar(source), isAddressable: true });
}
