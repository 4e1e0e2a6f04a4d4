import type { JobSsh } from '@quarry/sdk';

const MOST_PORT = 65_535;

/** A port, or null of what is none. */
export function portOf(text: string): number | null {
  const port = /^\d{1,5}$/.test(text.trim()) ? Number(text) : 0;
  return port >= 1 && port <= MOST_PORT ? port : null;
}

/** The commands by which a port of one's own machine leads to that of a job; they hold nothing secret. */
export function tunnelCommands(
  jobId: string,
  port: number,
  ssh: Pick<JobSsh, 'host' | 'port' | 'username'>,
): { byQuarry: string; bySsh: string; address: string } {
  const forward = `-N -L ${port}:localhost:${port}`;
  return {
    byQuarry: `quarry jobs ssh ${jobId} ${forward}`,
    bySsh: `ssh -p ${ssh.port} ${forward} ${ssh.username}@${ssh.host}`,
    address: `http://localhost:${port}/`,
  };
}
