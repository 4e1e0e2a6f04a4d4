/** Processes together with their children, such as nginx with its workers. */
import { readFile } from 'node:fs/promises';
import { cpuSeconds, residentMiB } from './platform.ts';

/** Seconds of processor time. */
export function treeCpuSeconds(pid: number): Promise<number> {
  return sumOfTree(pid, cpuSeconds);
}

/** Resident memory in MiB. */
export function treeResidentMiB(pid: number): Promise<number> {
  return sumOfTree(pid, residentMiB);
}

async function sumOfTree(pid: number, read: (pid: number) => Promise<number>): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const pids = [pid, ...children.split(' ').filter(Boolean).map(Number)];
  const values = await Promise.all(pids.map((one) => read(one)));
  return values.reduce((sum, value) => sum + value, 0);
}
