import { rename, writeFile } from 'node:fs/promises';

/** Writes what was found into a file of its own, whole or not at all. */
export async function keepNote(path: string, note: object): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(note), { mode: 0o600 });
  await rename(`${path}.new`, path);
}
