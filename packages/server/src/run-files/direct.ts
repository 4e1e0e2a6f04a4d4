import { listTree } from '@quarry/agent/files/list-tree';
import {
  isForWantOfHandles,
  lookAtHandle,
  openInside,
  openWorkDirectory,
  readInto,
} from '@quarry/agent/files/work-directory';
import { commandsAreOver } from '@quarry/agent/record-end';
import { tooManyOpenFiles } from '../problems.ts';
import { LISTED, missing, notFile, type RunFile, type RunFiles } from './run-files.ts';

/** Files of runs on a disk that this server shares with their agents. */
export function createDirectRunFiles(): RunFiles {
  return {
    list: ({ directory, executedIn }) =>
      inWords(async () => {
        using work = await openWorkDirectory(directory, executedIn);
        return work === null ? { entries: [], isWhole: true } : await listTree(work.cursor, LISTED);
      }),
    open: ({ directory, executedIn }, path) =>
      inWords(async () => {
        using work = await openWorkDirectory(directory, executedIn);
        const found = await openInside(work, path);
        if (typeof found === 'string') {
          throw found === 'missing' ? missing(path) : notFile(path);
        }
        const { handle, path: known } = found;
        return {
          path: known,
          look: () => lookAtHandle(handle),
          read: (into, position) => readInto(handle, into, position),
          close: () => handle.close(),
        } satisfies RunFile;
      }),
    isCollected: async ({ directory }) => commandsAreOver(directory),
  };
}

async function inWords<Result>(look: () => Promise<Result>): Promise<Result> {
  try {
    return await look();
  } catch (error) {
    throw isForWantOfHandles(error) ? tooManyOpenFiles(error) : error;
  }
}
