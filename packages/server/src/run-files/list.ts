import { type ListedOutput, listOutputs } from '../db/queries/files-outputs.ts';
import { findRunNow } from '../db/queries/find-runs.ts';
import { LIMITS } from '../limits.ts';
import { Problem } from '../problems.ts';
import { EndOfRun, type FindContext, notHere, orMissing, outputsOf, type WhichRun } from './find.ts';
import type { Listing } from './run-files.ts';

const LOG_NAME = 'process_output.log';

/** A work directory as it is listed, or the outputs of a run that has ended. Refuses while there is neither. */
export async function listRun(context: FindContext, which: WhichRun, signal: AbortSignal): Promise<Listing> {
  const { read, runFiles } = context;
  using end = new EndOfRun(context, which, signal);
  for (let now = await findRunNow(read, which.caller, which.jobId, which.runId); ; ) {
    if (now.place === null) {
      if (now.run.outcome === null) {
        throw notHere(now);
      }
      return toListing(await listOutputs(read, outputsOf(now), LIMITS.directoryEntries + 1));
    }
    const listing = await orMissing(runFiles.list(now.place));
    // The log is the last to be collected: while it is there, so is everything else.
    const isThere = !(listing instanceof Problem);
    if (isThere && (!listing.isWhole || listing.entries.some(({ path }) => path === LOG_NAME))) {
      return listing;
    }
    const later = await end.after(now);
    if (typeof later === 'string') {
      if (isThere) {
        return listing;
      }
      throw listing;
    }
    now = later;
  }
}

function toListing(outputs: readonly ListedOutput[]): Listing {
  return {
    isWhole: outputs.length <= LIMITS.directoryEntries,
    entries: outputs.slice(0, LIMITS.directoryEntries).map(({ path, size_bytes, date_modified }) => ({
      path,
      type: 'file',
      sizeBytes: size_bytes,
      modifiedAt: date_modified === null ? null : new Date(date_modified),
    })),
  };
}
