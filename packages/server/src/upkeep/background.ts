/**
 * What goes on in the background beside upkeep, with a rhythm of its own: whoever has a timer runs its work through a
 * task, so that a failure is logged and counted, and ends nothing.
 */
import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import { FailureLog, messageOf } from './failure-log.ts';
import { newRecord, noteRun, type TaskRecord } from './task-record.ts';

export interface BackgroundTask {
  /** Does the work; a failure is told to the log and to nobody else. Answers whether there was none. */
  run(work: () => void | Promise<void>): Promise<boolean>;
  /** Notes a run that was done, and told to the log, by somebody else. */
  note(error?: Error): void;
}

export interface Background {
  /** To be asked for once by each name. */
  task(name: string): BackgroundTask;
  records(): TaskRecord[];
}

export function createBackground({ clock, logger }: { clock: Clock; logger: Logger }): Background {
  const records: TaskRecord[] = [];
  return {
    task(name) {
      const record = newRecord(name);
      const failures = new FailureLog(name, logger);
      records.push(record);
      return {
        async run(work) {
          const begun = performance.now();
          let error: string | null = null;
          try {
            await work();
          } catch (thrown) {
            error = messageOf(thrown);
            failures.tell(thrown, `${name} failed; it will be tried again`);
          }
          const milliseconds = performance.now() - begun;
          noteRun(record, clock, { error, seconds: milliseconds / 1000 });
          logger.trace({ task: name, milliseconds: Math.round(milliseconds) }, 'background');
          return error === null;
        },
        note: (error) => noteRun(record, clock, { error: error?.message ?? null, seconds: 0 }),
      };
    },
    records: () => records.map((record) => ({ ...record })),
  };
}
