import { chooseMemoryControl } from '../src/cgroups/choose-control.ts';
import { canMount } from './mount.ts';

/** Starts a program that finds no cgroups where they were. */
export const WITHOUT_CGROUPS = [
  ...['unshare', '--mount', 'sh', '-c'],
  ...['mount -t tmpfs tmpfs /sys/fs/cgroup && exec "$@"', 'sh'],
];

/** The ways in which the memory of runs can be bounded here, each with what an agent is started with to use it. */
export function memoryControls(): { control: string; agentPrefix: string[] }[] {
  const { kind } = chooseMemoryControl(`Test${process.pid}`);
  const best = { control: kind as string, agentPrefix: [] };
  const isEvitable = kind !== 'watched' && canMount();
  return isEvitable ? [best, { control: 'watched', agentPrefix: WITHOUT_CGROUPS }] : [best];
}
