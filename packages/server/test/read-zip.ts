import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPromise } from 'yauzl';

export interface Entry {
  text: string;
  mode: number;
}

/** What is in a zip, as a library reads it that has not written it. */
export async function readZip(bytes: Uint8Array): Promise<Map<string, Entry>> {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'quarry-archive-'));
  const path = join(directory.path, 'a.zip');
  await writeFile(path, bytes);
  const zip = await openPromise(path, { autoClose: false });
  const found = new Map<string, Entry>();
  try {
    for await (const entry of zip.eachEntry()) {
      const stream = await zip.openReadStreamPromise(entry);
      const chunks: Buffer[] = [];
      for await (const chunk of stream) {
        chunks.push(chunk as Buffer);
      }
      const mode = (entry.externalFileAttributes >>> 16) & 0o777;
      found.set(entry.fileName, { text: Buffer.concat(chunks).toString(), mode });
    }
  } finally {
    zip.close();
  }
  return found;
}
