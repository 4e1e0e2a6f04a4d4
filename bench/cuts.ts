/** Transfers over connections that are cut a hundred times: whole at the end, and little sent twice. */
import { join } from 'node:path';
import { uploadPath } from '@quarry/sdk/node';
import { startPlatform } from '@quarry/server/testing';
import type { Benchmark, Figure, Row } from './lib/benchmark.ts';
import { clientOf, temporaryDirectory } from './lib/platform.ts';
import { summarize } from './lib/samples.ts';
import { writeRandom } from './lib/transfers/large-file.ts';
import { type CutTransfer, transferWithCuts, type Way } from './lib/transfers/unreliable.ts';

const RUNS = 1;
const MIB = 2 ** 20;

export const cuts: Benchmark = {
  name: 'cuts',
  summary: '100 cuts of 1 GiB at random bytes, each way: verified, and counted what was sent again',

  async run({ runs = RUNS, tiny, note }) {
    const { count, sizeBytes } = tiny
      ? { count: 2, sizeBytes: 20 * MIB }
      : { count: 100, sizeBytes: 1024 * MIB };
    await using directory = await temporaryDirectory();
    const path = join(directory.path, 'source');
    const sha512 = await writeRandom(path, sizeBytes);
    await using platform = await startPlatform({ data: join(directory.path, 'data') });
    const { id: fileId } = await uploadPath(clientOf(platform), path);
    const ends = { platform, path, sizeBytes, sha512, fileId };

    const rows: Row[] = [];
    const figures: Figure[] = [];
    for (const way of ['down', 'up'] as const) {
      const whole = await transferWithCuts(way, ends, { count: 0, seed: 1 });
      const transfers: CutTransfer[] = [];
      for (let seed = 1; seed <= (tiny ? 1 : runs); seed++) {
        note(`${WORDS[way]}, ${count} cuts, seed ${seed}`);
        transfers.push(await transferWithCuts(way, ends, { count, seed }));
      }
      const missing = transfers.find((transfer) => transfer.cuts !== count);
      if (missing) {
        throw new Error(`${missing.cuts} of ${count} cuts were made.`);
      }
      rows.push(...rowsOf(way, whole, transfers, count));
      figures.push({
        what: `${WORDS[way]}: sent again beyond the exchanges cut, most`,
        value: Math.max(
          ...transfers.map(
            ({ againBytes, cutBytes }) => (100 * Math.max(0, againBytes - cutBytes)) / sizeBytes,
          ),
        ),
        ...{ unit: '%', first: 5, final: 5, better: 'lower' },
      });
    }
    return { rows, figures, remarks: [] };
  },
};

const WORDS: Record<Way, string> = { up: 'upload', down: 'download' };

function rowsOf(way: Way, whole: CutTransfer, transfers: readonly CutTransfer[], count: number): Row[] {
  const row = (what: string, unit: string, read: (transfer: CutTransfer) => number): Row => ({
    what: `${WORDS[way]}, ${what}`,
    unit,
    ...summarize(transfers.map(read)),
  });
  return [
    {
      what: `peer: ${WORDS[way]} through the same proxy, no cut`,
      unit: 'ms',
      ...summarize([whole.milliseconds]),
    },
    row(`${count} cuts`, 'ms', ({ milliseconds }) => milliseconds),
    row('sent again in all', 'MiB', ({ againBytes }) => againBytes / MIB),
    row('of the exchanges cut, until then', 'MiB', ({ cutBytes }) => cutBytes / MIB),
    row('connections', 'connections', ({ connections }) => connections),
  ];
}
