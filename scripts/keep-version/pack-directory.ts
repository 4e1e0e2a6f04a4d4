import { cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Filled } from './fill-platform.ts';

/** What stands in a kept directory for what differs wherever it is unpacked; tests put their own in its place. */
const PLACEHOLDERS = {
  base: '/QUARRY-BASE',
  url: 'http://quarry.invalid',
  /** For the names of this machine and its user. */
  owner: 'owner@example.org',
  jobKey: 'KEY-OF-THE-JOB',
  token: 'TOKEN-OF-THE-CLUSTER',
};

/** Bytes of the store, beside the database and the files of living clusters. */
const STORE = ['blobs', 'packs', 'staged'];

/**
 * Copies what is worth keeping of a data directory whose server and agents are dead. No key and nothing from which one
 * could be made comes along, and that is looked for in every byte.
 */
export async function packDirectory(options: {
  /** The directory above the data directory. */
  base: string;
  data: string;
  url: string;
  kept: Filled;
  into: string;
}): Promise<void> {
  const { base, data, url, kept, into } = options;
  const target = join(into, 'data');
  await mkdir(join(target, 'clusters'), { recursive: true });
  for (const name of STORE) {
    await cp(join(data, name), join(target, name), { recursive: true });
  }
  for (const name of ['quarry.db', 'quarry.db-wal']) {
    await cp(join(data, name), join(target, name));
  }
  const { owner, hashes } = cleanDatabase(join(target, 'quarry.db'), base);

  const place = (text: string): string =>
    text.replaceAll(base, PLACEHOLDERS.base).replaceAll(url, PLACEHOLDERS.url);
  for (const { clusterId } of [kept.launched, ...kept.executing]) {
    const file = JSON.parse(await readFile(join(data, 'clusters', clusterId, 'cluster.json'), 'utf8'));
    await mkdir(join(target, 'clusters', clusterId));
    await writeFile(
      join(target, 'clusters', clusterId, 'cluster.json'),
      place(JSON.stringify({ ...file, token: PLACEHOLDERS.token })),
      { mode: 0o600 },
    );
  }
  // What was answered of old runs tells of paths of then, as their rows do.
  const answers = JSON.stringify(kept.answers, (name, value) =>
    name === 'encodedEncryptionKey' ? '' : value,
  )
    .replaceAll(url, PLACEHOLDERS.url)
    .replaceAll(owner, PLACEHOLDERS.owner);
  const executing = kept.executing.map(({ jobId, clusterId, exchange }) => {
    const text = JSON.stringify(exchange, (name, value) =>
      name === 'RESCALE_API_KEY' ? PLACEHOLDERS.jobKey : value,
    );
    return { jobId, clusterId, exchange: JSON.parse(place(text)) };
  });
  await writeFile(
    join(into, 'kept.json'),
    JSON.stringify({ ...kept, placeholders: PLACEHOLDERS, answers: JSON.parse(answers), executing }),
  );
  const secret = await readFile(join(data, 'secret'));
  await refuseSecrets(into, [
    secret,
    Buffer.from(secret.toString('hex')),
    ...hashes.map((hash) => Buffer.from(hash)),
  ]);
}

/** Takes the keys out of a database, and what they have left in its free pages. */
function cleanDatabase(path: string, base: string): { owner: string; hashes: string[] } {
  using database = new DatabaseSync(path);
  const hashes = database
    .prepare('SELECT key_hash FROM api_keys')
    .all()
    .map(({ key_hash: hash }) => String(hash));
  const { email } = database.prepare(`SELECT email FROM users WHERE role = 'admin'`).get()!;
  database.exec(
    `DELETE FROM api_keys; UPDATE files SET encryption_key = ''; UPDATE clusters SET handle = NULL;`,
  );
  database.prepare('UPDATE users SET email = ? WHERE email = ?').run(PLACEHOLDERS.owner, email!);
  database.prepare('UPDATE clusters SET directory = replace(directory, ?, ?)').run(base, PLACEHOLDERS.base);
  database.exec('VACUUM; PRAGMA wal_checkpoint(TRUNCATE);');
  return { owner: String(email), hashes };
}

async function refuseSecrets(directory: string, secrets: readonly Buffer[]): Promise<void> {
  for (const name of await readdir(directory, { recursive: true })) {
    const path = join(directory, name);
    if (!(await stat(path)).isFile()) {
      continue;
    }
    const bytes = await readFile(path);
    if (
      secrets.some((secret) => bytes.includes(secret)) ||
      /qry_[0-9A-Za-z]{36}/.test(bytes.toString('latin1'))
    ) {
      throw new Error(`${name} holds a key or what one is made from.`);
    }
  }
}
