import type { KindsOfTasks, TaskParts } from './kind.ts';
import { archiveKind } from './kinds/archive.ts';
import { copyKind } from './kinds/copy.ts';
import { deletionKind } from './kinds/deletion.ts';
import { resultsKind } from './kinds/results.ts';

/** Everything that can run as a task. */
export function kindsOfTasks(parts: TaskParts): KindsOfTasks {
  return {
    archive: archiveKind(parts),
    results: resultsKind(parts),
    copy: copyKind(parts),
    deletion: deletionKind(parts),
  };
}
