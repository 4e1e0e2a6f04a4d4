import type { SshAccess } from '@quarry/contract';
import { parseNetworks } from '../../access/networks.ts';
import { parseSshKey } from '../../access/ssh-key.ts';
import type { Queries } from '../../db/database.ts';
import { findLetIn } from '../../db/queries/ssh-access.ts';
import { readDefinition } from '../definition/stored.ts';

/** What a rule that nobody can read lets in. */
const NOWHERE = ['0.0.0.0/32'];

/** Who may log in to the runs of a cluster: whoever has a key of its job's owner, or one that the job names. */
export async function findSshAccess(queries: Queries, clusterId: string): Promise<SshAccess> {
  const found = await findLetIn(queries, clusterId);
  if (!found || found.is_active === 0) {
    return { keys: [], networks: NOWHERE };
  }
  const { publicKey, cidrRule } = readDefinition(found.definition);
  const lines = [...(JSON.parse(found.ssh_keys) as string[]), ...(publicKey ?? '').split('\n')];
  const keys = lines.map(parseSshKey).flatMap((key) => (typeof key === 'string' ? [] : [key.line]));
  return {
    keys: [...new Set(keys)],
    networks: networksOf(cidrRule ?? '', found.cidr_rule),
  };
}

/** Those of the job; where it names none, blanks and commas alone included, those of the profile. */
function networksOf(ofJob: string, ofProfile: string): string[] {
  const own = parseNetworks(ofJob);
  return (own?.length === 0 ? parseNetworks(ofProfile) : own) ?? NOWHERE;
}
