import type { SshAccess, SshAddress } from '@quarry/contract';
import { parseNetworks } from '../../access/networks.ts';
import { parseSshKey } from '../../access/ssh-key.ts';
import { readDefinition } from '../../jobs/definition/stored.ts';
import type { Queries } from '../database.ts';

/** What a rule that nobody can read lets in: no address is in no network. */
const NOWHERE = ['0.0.0.0/32'];

/** Who may log in to the runs of a cluster: whoever has a key of its job's owner, or one that the job names. */
export async function findSshAccess(queries: Queries, clusterId: string): Promise<SshAccess> {
  const found = await queries
    .selectFrom('clusters')
    .innerJoin('jobs', 'jobs.id', 'clusters.job_id')
    .innerJoin('users', 'users.id', 'jobs.owner_id')
    .where('clusters.id', '=', clusterId)
    .select(['jobs.definition', 'users.ssh_keys', 'users.cidr_rule', 'users.is_active'])
    .executeTakeFirst();
  if (!found || found.is_active === 0) {
    return { keys: [], networks: NOWHERE };
  }
  const { publicKey, cidrRule } = readDefinition(found.definition);
  const lines = [...(JSON.parse(found.ssh_keys) as string[]), ...(publicKey ?? '').split('\n')];
  const keys = lines.map(parseSshKey).flatMap((key) => (typeof key === 'string' ? [] : [key.line]));
  return {
    keys: [...new Set(keys)],
    networks: parseNetworks(cidrRule || found.cidr_rule) ?? NOWHERE,
  };
}

/** Where people log in by SSH, or why they cannot. */
export interface ClusterSsh {
  address: SshAddress | null;
  problem: string | null;
}

/** Notes what the agent of a cluster says of that. */
export async function noteSsh(queries: Queries, clusterId: string, ssh: ClusterSsh): Promise<void> {
  await queries
    .updateTable('clusters')
    .set({ ssh: JSON.stringify(ssh) })
    .where('id', '=', clusterId)
    .execute();
}

/** What it has said; null before it has, and when the cluster has ended. */
export async function findClusterSsh(queries: Queries, clusterId: string): Promise<ClusterSsh | null> {
  const cluster = await queries
    .selectFrom('clusters')
    .where('id', '=', clusterId)
    .where('is_ended', '=', 0)
    .select('ssh')
    .executeTakeFirst();
  return cluster?.ssh ? (JSON.parse(cluster.ssh) as ClusterSsh) : null;
}
