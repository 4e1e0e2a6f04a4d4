/** Tasks of the platform, as people see them. */
import type { Task } from '@quarry/sdk';
import type { PlatformContext } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { count, formatBytes } from '../output/human.ts';

/** How far it is: `52 MiB of 100 MiB`, `3 of 10 files`. */
export function describeProgress({ progress: { done, of, unit } }: Task): string {
  if (unit === 'bytes') {
    return of === null ? formatBytes(done) : `${formatBytes(done)} of ${formatBytes(of)}`;
  }
  return of === null ? count(done, unit.slice(0, -1)) : `${done} of ${count(of, unit.slice(0, -1))}`;
}

/** Waits for its end, and shows on a terminal how far it is. */
export async function waitForTask(
  id: string,
  { sdk, io, signal }: Pick<PlatformContext, 'sdk' | 'io' | 'signal'>,
): Promise<Task> {
  try {
    return await sdk.tasks.wait(id, {
      signal,
      onLook: (task) =>
        io.showLive([`Task ${task.id} (${task.kind}): ${task.status}, ${describeProgress(task)}`]),
    });
  } finally {
    io.showLive([]);
  }
}

/** What has become of a task that was waited for, or that it goes on. */
export function presentTask(task: Task, io: Io): void {
  const { id, kind, status, error } = task;
  const hasEnded = task.ready;
  if (!hasEnded) {
    io.print(`Task ${id} (${kind}) is ${status}.`);
    io.note(`Wait for it with: quarry tasks wait ${id}`);
    return;
  }
  if (status !== 'done') {
    io.print(
      `Task ${id} (${kind}) ${status === 'failed' ? `has failed: ${error?.message}` : 'was cancelled.'}`,
    );
    if (error?.hint) {
      io.note(error.hint);
    }
    return;
  }
  const [result] = task.result as Array<{ fileId?: string; name?: string; sizeBytes?: number }>;
  if (result?.fileId === undefined) {
    io.print(`Task ${id} (${kind}) is done.`);
    return;
  }
  io.print(`${result.name} (${result.fileId}), ${formatBytes(result.sizeBytes ?? 0)}, is among your files.`);
  io.note(`Get it with: quarry files download ${result.fileId}`);
}

/** For programs: whether the task has come to what was wanted. */
export function exitCodeOf({ status }: Task): ExitCode {
  return status === 'failed' || status === 'cancelled' ? EXIT.refused : EXIT.ok;
}
