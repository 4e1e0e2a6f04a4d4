import { Readable } from 'node:stream';
import { tailRunFile } from '@quarry/contract';
import { Answer, type Call, route } from '../../http/route.ts';
import { LIMITS } from '../../limits.ts';
import { type FoundFile, openRunFile } from '../../run-files/find.ts';
import type { RunFile } from '../../run-files/run-files.ts';
import { answerPart, openPart } from '../files/open-part.ts';
import { rangeCounts, type Validators } from '../files/preconditions.ts';
import type { JobsContext } from '../jobs/context.ts';
import { follow } from './follow.ts';
import { findLastLines, type LastLines, lastLinesAsJson } from './last-lines.ts';

export const tail = (context: JobsContext) =>
  route(tailRunFile, async (call) => {
    const { '*': path, ...which } = call.params;
    if (call.query.follow) {
      return await follow(context, call);
    }
    const found = await openRunFile(context.files, { caller: call.caller, ...which }, path, call.signal);
    const { file } = found;
    try {
      const { sizeBytes } = await file.look();
      if (call.query.lines === undefined) {
        return await bytesOf(call, found, sizeBytes);
      }
      return await linesOf(call, file, sizeBytes, call.query.lines);
    } catch (error) {
      await file.close();
      throw error;
    }
  });

/** The bytes, whole or a range. The file may grow while they are sent: they end where it ended when it was asked for. */
async function bytesOf(
  { method, headers }: Pick<Call, 'method' | 'headers'>,
  { file, stored }: FoundFile,
  sizeBytes: number,
): Promise<Answer> {
  const validators = stored && validatorsOf(stored);
  const counts = validators === null ? headers['if-range'] === undefined : rangeCounts(headers, validators);
  const asked = method === 'GET' && counts ? headers.range : undefined;
  return await answerPart({ method }, openPart(asked, sizeBytes), {
    headers: validators === null ? { 'cache-control': 'no-store' } : { etag: validators.etag },
    read: (into, position) => file.read(into, position),
    close: () => file.close(),
  });
}

/** What is being written has none: no two looks at it need give the same bytes. */
function validatorsOf({ sha512, dateUploaded }: NonNullable<FoundFile['stored']>): Validators {
  return { etag: `"${sha512}"`, lastModifiedSeconds: Math.floor(Date.parse(dateUploaded) / 1000) };
}

async function linesOf(
  call: Pick<Call, 'warn'>,
  file: RunFile,
  sizeBytes: number,
  count: number,
): Promise<Answer> {
  const found = await findLastLines(file, sizeBytes, { count, jsonBytes: LIMITS.tailBytes });
  if (found.cut !== null) {
    call.warn(
      found.cut === 'line'
        ? `The last line is longer than what is given of it: ${LIMITS.tailBytes} bytes.`
        : `These lines are fewer than were asked for: they have at most ${LIMITS.tailBytes} bytes together.`,
    );
  }
  const json = Readable.from(asJson(file, found), { objectMode: false });
  // Not by the generator: one whose reader leaves at once has not begun, and never ends.
  json.once('close', () => void file.close());
  return Answer.text({ 'content-type': 'application/json; charset=utf-8' }, json);
}

async function* asJson(file: RunFile, found: LastLines): AsyncGenerator<string> {
  yield `{"fileType":${JSON.stringify(`${file.path}: ASCII text`)},"lines":[`;
  yield* lastLinesAsJson(file, found);
  yield found.cut === null ? ']}' : '],"truncated":true}';
}
