import { readFile } from 'node:fs/promises';
import { argumentsList, defineCommand } from '../../command.ts';
import { usageError } from '../../errors.ts';

export default defineCommand({
  details:
    'Public keys, from the files that end in .pub; the private ones stay where they are. They let you in to all of your ' +
    'running jobs from the next login on. On Quarry servers only.',
  arguments: { files: argumentsList('<file...>', 'files with public keys, one on each line') },
  examples: [
    { command: 'quarry ssh-keys add ~/.ssh/id_ed25519.pub', says: 'Let the key of this machine in' },
  ],
  async run({ files }, { sdk, signal }) {
    const keys: string[] = [];
    for (const file of files) {
      keys.push(...(await readKeys(file)));
    }
    const { sshPublicKeys = [] } = await sdk.users.updateMe({ addSshPublicKeys: keys }, { signal });
    return sshPublicKeys;
  },
  present(keys, io) {
    io.print(`Your jobs let in ${keys.length === 1 ? 'one key' : `${keys.length} keys`}:`);
    for (const { fingerprint, comment } of keys) {
      io.print(`  ${fingerprint} ${comment}`.trimEnd());
    }
  },
});

/** A private key is never sent, whatever the platform would say of it. */
async function readKeys(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8');
  if (text.includes('PRIVATE KEY')) {
    throw usageError(`${file} is a private key, which stays with you.`, `Name its public half: ${file}.pub.`);
  }
  const lines = text.split('\n').map((line) => line.trim());
  const keys = lines.filter((line) => line !== '' && !line.startsWith('#'));
  if (keys.length === 0) {
    throw usageError(`There is no key in ${file}.`, 'Name a file that ends in .pub; ssh-keygen makes one.');
  }
  return keys;
}
