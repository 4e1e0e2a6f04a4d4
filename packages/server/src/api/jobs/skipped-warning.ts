import type { SkippedOutput } from '@quarry/contract';
import type { findSkipped } from '../../db/queries/find-skipped.ts';

/** Outputs that are named one by one; the run lists more. */
const NAMED = 3;
const PATH_CHARACTERS = 200;
/** Of names that would break out of the sentence. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

type Found = NonNullable<Awaited<ReturnType<typeof findSkipped>>>;

/** What a job says of outputs that were not kept: how many, which first and why, and where all are listed. */
export function skippedWarning(jobId: string, runsOfJob: number, { runs, outputs, first }: Found): string {
  const listed = JSON.parse(first.skipped) as SkippedOutput[];
  const named = listed.slice(0, NAMED).map(inWords).join(', ');
  if (runsOfJob <= 1) {
    const others = outputs > NAMED ? `, and ${outputs - NAMED} more` : '';
    return `${counted(outputs)} not kept: ${named}${others}. Run ${first.number} lists them under skipped (quarry runs show ${jobId} ${first.number}).`;
  }
  return `${counted(outputs)} not kept, of ${runs} ${runs === 1 ? 'run' : 'runs'}; of run ${first.number}: ${named}. Each run lists its own under skipped (quarry runs show ${jobId} ${first.number}).`;
}

function counted(outputs: number): string {
  return outputs === 1 ? '1 output was' : `${outputs} outputs were`;
}

function inWords({ relativePath, reason }: SkippedOutput): string {
  const shown =
    relativePath.length > PATH_CHARACTERS ? `…${relativePath.slice(-PATH_CHARACTERS)}` : relativePath;
  const name = CONTROL.test(shown) ? JSON.stringify(shown) : shown;
  return `${name === '' ? 'the work directory' : name} (${reason})`;
}
