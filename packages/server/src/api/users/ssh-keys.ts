import { MAX_SSH_KEYS, type OwnUserUpdate } from '@quarry/contract';
import type { Selectable } from 'kysely';
import { parseSshKey, type SshKey } from '../../access/ssh-key.ts';
import type { UserRow } from '../../db/tables.ts';
import { invalidFields } from '../../problems.ts';

/** The SSH keys of a user, in the order in which they were added. */
export function readSshKeys({ ssh_keys }: Pick<Selectable<UserRow>, 'ssh_keys'>): SshKey[] {
  const lines = JSON.parse(ssh_keys) as string[];
  return lines.map(parseSshKey).filter((key) => typeof key !== 'string');
}

/** The column with what a user wants of their keys, each of them once; refuses what is no key, and removing what is not there. */
export function changedSshKeys(row: Pick<Selectable<UserRow>, 'ssh_keys'>, change: OwnUserUpdate): string {
  const { sshPublicKeys, addSshPublicKeys = [], removeSshPublicKeys = [] } = change;
  const before = sshPublicKeys === undefined ? readSshKeys(row) : parseAll('sshPublicKeys', sshPublicKeys);
  const missing = removeSshPublicKeys.find((each) => !before.some(({ fingerprint }) => fingerprint === each));
  if (missing !== undefined) {
    throw invalidFields({
      removeSshPublicKeys: [`You have no SSH key with the fingerprint "${missing}". They are at users/me/.`],
    });
  }
  const kept = before.filter(({ fingerprint }) => !removeSshPublicKeys.includes(fingerprint));
  const all = [...kept, ...parseAll('addSshPublicKeys', addSshPublicKeys)];
  // Of one that is given again the newer comment counts.
  const unique = new Map(all.map((key) => [key.fingerprint, key]));
  if (unique.size > MAX_SSH_KEYS) {
    throw invalidFields({
      [sshPublicKeys ? 'sshPublicKeys' : 'addSshPublicKeys']: [
        `A user has at most ${MAX_SSH_KEYS} SSH keys: remove those that you no longer use.`,
      ],
    });
  }
  return JSON.stringify([...unique.values()].map(({ line, comment }) => `${line} ${comment}`.trim()));
}

function parseAll(field: string, lines: readonly string[]): SshKey[] {
  const parsed = lines.map(parseSshKey);
  const problems = parsed.filter((key) => typeof key === 'string');
  if (problems.length > 0) {
    throw invalidFields({ [field]: problems });
  }
  return parsed.filter((key) => typeof key !== 'string');
}
