/** What runs have left that could not be kept, as their rows have it. */
import type { SkippedOutput } from '@quarry/contract';
import { LIMITS } from '../../limits.ts';
import type { KeptOutputs, RunFinished } from './collect.ts';

/** How the list of an earlier agent ends when there is more than it has. */
const REST = /^(\d+) more could not be kept$/;

/** The columns for what an agent could not keep, and what could not be stored of what it kept. */
export function skippedColumns(
  { skipped, skippedCount }: Pick<RunFinished, 'skipped' | 'skippedCount'>,
  { lost }: Pick<KeptOutputs, 'lost'>,
): { skipped: string; skipped_count: number } {
  const rest = Number(REST.exec(skipped.at(-1)?.reason ?? '')?.[1] ?? Number.NaN);
  const listed: SkippedOutput[] = Number.isNaN(rest) ? skipped : skipped.slice(0, -1);
  const count = skippedCount ?? listed.length + (Number.isNaN(rest) ? 0 : rest);
  return {
    skipped: JSON.stringify([...lost, ...listed].slice(0, LIMITS.skippedListed)),
    skipped_count: count + lost.length,
  };
}
