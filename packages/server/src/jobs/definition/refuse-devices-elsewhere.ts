import { refused } from '../../problems.ts';
import type { ClusterSite } from '../life/new-cluster.ts';

/** Storage devices lie on the server's disk, which agents in directories of their own do not see. */
export function refuseDevicesElsewhere(
  devices: readonly unknown[],
  { agentDirectory }: Pick<ClusterSite, 'agentDirectory'>,
): void {
  if (devices.length > 0 && agentDirectory !== null) {
    throw refused('Jobs have no storage devices here: their agents do not share the disk of the server.', {
      code: 'storage_device_elsewhere',
      hint: 'Attach the files themselves as inputs, or leave storageDevices out. Whoever runs the platform can let agents work in the data directory (agent_directory).',
    });
  }
}
