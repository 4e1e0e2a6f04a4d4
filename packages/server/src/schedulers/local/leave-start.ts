/** What is left for an agent in a directory of its own, outside of the data directory. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentStart } from '@quarry/contract';
import { noteGpus } from './gpus.ts';

export const START_FILE = 'start.json';

/** All that it is told without asking. */
export function leaveStart(start: AgentStart, gpus: readonly string[]): void {
  mkdirSync(start.directory, { recursive: true, mode: 0o700 });
  writeFileSync(join(start.directory, START_FILE), JSON.stringify(start), { mode: 0o600 });
  noteGpus(start.directory, gpus);
  tellWhere(start.directory, start.serverUrl);
}

/** A server that was started again may have another port. An agent whose directory is gone has ended. */
export function tellWhere(directory: string, url: string): void {
  try {
    writeFileSync(join(directory, 'server.json'), JSON.stringify({ url }), { mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw error;
    }
  }
}
