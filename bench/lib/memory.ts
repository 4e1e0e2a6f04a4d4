import { setTimeout as sleep } from 'node:timers/promises';
import { residentMiB } from './platform.ts';

const LOOK_EVERY_MS = 20;

/** The most resident memory of a process in MiB while `work` goes on, looked at again and again. */
export async function peakMemory(pid: number, work: () => Promise<unknown>): Promise<number> {
  let isOver = false;
  let peak = await residentMiB(pid);
  const over = work().finally(() => {
    isOver = true;
  });
  over.catch(() => {});
  while (!isOver) {
    peak = Math.max(peak, await residentMiB(pid));
    await Promise.race([over, sleep(LOOK_EVERY_MS)]);
  }
  await over;
  return Math.max(peak, await residentMiB(pid));
}
