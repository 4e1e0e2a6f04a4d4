import { getJobSsh, type JobSsh } from '@quarry/contract';
import { sshFingerprint } from '../../access/ssh-key.ts';
import { findJob, type JobWithOwner } from '../../db/queries/find-job.ts';
import { type ClusterSsh, findClusterSsh } from '../../db/queries/ssh-access.ts';
import { route } from '../../http/route.ts';
import type { JobsContext } from './context.ts';

export const ssh = ({ database, hasSsh }: JobsContext) =>
  route(getJobSsh, async (call) => {
    const job = await findJob(database.read, call.caller, call.params.jobId);
    const told = job.cluster_id === null ? null : await findClusterSsh(database.read, job.cluster_id);
    return sshToWire(told, reasonOf(job, told, hasSsh));
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

function reasonOf(job: JobWithOwner, told: ClusterSsh | null, hasSsh: boolean): string | null {
  if (job.date_submitted === null) {
    return 'The job has not been submitted: it lets people in while its commands run.';
  }
  if (job.is_completed === 1) {
    return 'The job has ended. Its outputs are at jobs/{id}/files/.';
  }
  if (told === null) {
    return hasSsh
      ? 'The job has no running cluster yet, or one that an earlier version of this platform has started.'
      : 'SSH is switched off on this platform (ssh_listen = "off").';
  }
  if (told.address === null) {
    return told.problem === null
      ? 'SSH was switched off on this platform when the job was started (ssh_listen = "off").'
      : `The cluster of the job lets nobody in: ${told.problem}.`;
  }
  return null;
}
