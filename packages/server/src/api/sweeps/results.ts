import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { getJobResults, type ResultFormat } from '@quarry/contract';
import type { Queries } from '../../db/database.ts';
import { findJob, type JobWithOwner } from '../../db/queries/find-job.ts';
import { latestRevision, type Revision, runsSince } from '../../db/queries/run-revisions.ts';
import { isListed, weakTagOf } from '../../http/entity-tags.ts';
import { Answer, route } from '../../http/route.ts';
import { readDefinition, type StoredDefinition } from '../../jobs/definition/stored.ts';
import { invalidFields } from '../../problems.ts';
import { writeJson } from '../../sweeps/analysis/json.ts';
import { formatMark, type Mark, parseMark } from '../../sweeps/analysis/mark.ts';
import { RESULT_WRITERS } from '../../sweeps/analysis/result-formats.ts';
import { selectColumns } from '../../sweeps/analysis/select-columns.ts';
import type { SweepTable } from '../../sweeps/analysis/table.ts';
import { inputNames } from '../../sweeps/variables.ts';
import { VERSION } from '../../version.ts';
import { refuseUnknownColumns } from './columns.ts';
import type { SweepsContext } from './context.ts';
import { tableOfJob } from './table-of-job.ts';

const MEDIA_TYPES: Record<ResultFormat, string> = {
  json: 'application/json; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
  parquet: 'application/vnd.apache.parquet',
};

/**
 * A backup that was restored counts its runs on from where it was, past the marks of what came after it; a restored server is
 * another process, and there a mark says nothing.
 */
const THIS_PROCESS = randomBytes(6).toString('base64url');

export const results = ({ database: { read } }: SweepsContext) =>
  route(getJobResults, async (call) => {
    const job = await findJob(read, call.caller, call.params.jobId);
    const { format = 'json', columns } = call.query;
    const since = markOf(call.query.since, format);
    // Before anything is read: what changes meanwhile comes again with the next mark.
    const revision = await latestRevision(read, job.id);
    const tag = tagOf(job, revision);
    if (isListed(call.headers['if-none-match'], tag)) {
      return Answer.text({ etag: tag }, '');
    }
    const definition = readDefinition(job.definition);
    const changes = since && (await readChanges(read, job.id, definition, { since, revision }));
    const table = changes ?? (await tableOfJob(read, job.id, definition));
    if (columns !== undefined && changes === null) {
      refuseUnknownColumns('columns', columns, { table, definition });
    }
    // Whoever asks for changes was told with the whole table.
    for (const warning of changes === null ? table.warnings : []) {
      call.warn(warning);
    }
    const numeric = changes === null ? numericInputs(table) : since!.numeric;
    const about = {
      mark: formatMark({ ...revision, numeric, madeBy: THIS_PROCESS }),
      isWhole: changes === null,
    };
    const shown = columns === undefined ? table : selectColumns(table, columns);
    const pieces = format === 'json' ? writeJson(shown, about) : RESULT_WRITERS[format](shown);
    const body = Readable.from(pieces, { objectMode: false });
    const headers: Record<string, string> = {
      etag: tag,
      'content-type': MEDIA_TYPES[format],
      ...(format === 'json'
        ? {}
        : { 'content-disposition': `attachment; filename="${job.id}-results.${format}"` }),
    };
    return format === 'parquet' ? new Answer(200, headers, body) : Answer.text(headers, body);
  });

function markOf(text: string | undefined, format: ResultFormat): Mark | null {
  if (text === undefined) {
    return null;
  }
  if (format !== 'json') {
    throw invalidFields({
      since: [`Changes come as JSON only. Leave out format=${format}, or since for the whole table.`],
    });
  }
  const mark = parseMark(text);
  if (mark === null) {
    throw invalidFields({
      since: ['This is no mark of results. Send the "mark" of an earlier answer, or no since at all.'],
    });
  }
  return mark;
}

/** What it stands for alone: the runs, as far as they have come, and what the job says of their columns. */
function tagOf({ id, definition }: Pick<JobWithOwner, 'id' | 'definition'>, now: Revision): string {
  return weakTagOf(`${VERSION} ${THIS_PROCESS} ${id} ${now.revision} ${now.lastRun} ${definition}`);
}

/** Runs that have changed since a mark; null where all must come, since it cannot be told or would not fit what the client has. */
async function readChanges(
  read: Queries,
  jobId: string,
  definition: StoredDefinition,
  { since, revision: now }: { since: Mark; revision: Revision },
): Promise<SweepTable | null> {
  const isOfNow =
    since.madeBy === THIS_PROCESS && since.revision <= now.revision && since.lastRun <= now.lastRun;
  if (!isOfNow || since.lastRun === 0 || since.numeric.length !== inputNames(definition).length) {
    return null;
  }
  const numbers = await runsSince(read, jobId, since);
  const table = await tableOfJob(read, jobId, definition, { numbers, numeric: since.numeric });
  return table.isAnother ? null : table;
}

function numericInputs({ columns }: SweepTable): boolean[] {
  return columns.filter(({ kind }) => kind === 'input').map(({ type }) => type === 'number');
}
