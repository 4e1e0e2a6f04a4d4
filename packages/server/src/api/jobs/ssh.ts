import { getJobSsh, type JobSsh } from '@quarry/contract';
import { sshFingerprint } from '../../access/ssh-key.ts';
import { findJob, type JobWithOwner } from '../../db/queries/find-job.ts';
import { type ClusterSsh, findClusterSsh, type SshOfCluster } from '../../db/queries/ssh-access.ts';
import { route } from '../../http/route.ts';
import type { JobsContext } from './context.ts';

export const ssh = ({ database, hasSsh }: JobsContext) =>
  route(getJobSsh, async (call) => {
    const job = await findJob(database.read, call.caller, call.params.jobId);
    const cluster = job.cluster_id === null ? null : await findClusterSsh(database.read, job.cluster_id);
    return sshToWire(cluster?.told ?? null, reasonOf(job, cluster, hasSsh));
  });

function sshToWire(told: ClusterSsh | null, reason: string | null): JobSsh {
  if (reason !== null || told?.address == null) {
    const nothing = { host: null, port: null, username: null, hostKey: null, fingerprint: null };
    return { ...nothing, command: null, reason };
  }
  const { host, port, username, hostKey } = told.address;
  const command = `ssh -p ${port} ${username}@${host}`;
  return { host, port, username, hostKey, fingerprint: sshFingerprint(hostKey), command, reason: null };
}

function reasonOf(job: JobWithOwner, cluster: SshOfCluster | null, hasSsh: boolean): string | null {
  if (job.date_submitted === null) {
    return 'The job has not been submitted: it lets people in while its commands run.';
  }
  if (job.is_completed === 1) {
    return 'The job has ended. Its outputs are at jobs/{id}/files/.';
  }
  if (!cluster?.told) {
    if (cluster?.hasAgent) {
      return 'The agent of the job is of an earlier version of this platform, which lets nobody in. Jobs that start from now on do.';
    }
    return hasSsh
      ? 'The job has no running cluster yet: it lets people in while its commands run.'
      : 'SSH is switched off on this platform (ssh_listen = "off").';
  }
  const { told } = cluster;
  if (told.address === null) {
    return told.problem === null
      ? 'SSH was switched off on this platform when the job was started (ssh_listen = "off").'
      : `The cluster of the job lets nobody in: ${told.problem}.`;
  }
  return null;
}
