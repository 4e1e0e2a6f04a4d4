import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { RefusedItem } from '@quarry/contract';
import { isOfPlatform, Problem } from './problems.ts';

/** For so many milliseconds others wait until they are served. */
const TURN_MS = 10;

export interface DoneOneByOne<Result> {
  /** What came of each that was not refused, in the order of the request. */
  done: Map<string, Result>;
  refused: RefusedItem[];
}

/**
 * Does the same to each of many things: what is refused for one is told and done to the others all the same. Each counts once,
 * however often it is named. Rejects only for what is not about one of them; what was done until then stays done.
 */
export async function oneByOne<Result>(
  ids: readonly string[],
  work: (id: string) => Promise<Result>,
): Promise<DoneOneByOne<Result>> {
  const done = new Map<string, Result>();
  const refused: RefusedItem[] = [];
  let began = performance.now();
  for (const id of new Set(ids)) {
    try {
      done.set(id, await work(id));
    } catch (error) {
      refused.push(wordsOf(id, error));
    }
    if (performance.now() - began >= TURN_MS) {
      await letOthersRun();
      began = performance.now();
    }
  }
  return { done, refused };
}

function wordsOf(id: string, error: unknown): RefusedItem {
  if (!(error instanceof Problem) || isOfPlatform(error)) {
    throw error;
  }
  const { detail, fields, code, hint } = error;
  return {
    id,
    code: code ?? error.kind,
    detail: detail ?? sentencesOf(fields).join(' '),
    hint,
  };
}

function sentencesOf(words: unknown): string[] {
  if (typeof words === 'string') {
    return [words];
  }
  return typeof words === 'object' && words !== null ? Object.values(words).flatMap(sentencesOf) : [];
}
