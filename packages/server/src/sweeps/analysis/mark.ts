/**
 * A mark tells how much of a sweep's results a client has: all up to a change of its runs, and up to a number of them. It
 * also carries which inputs are numbers in that table, since the rows that are sent later must fit into it; so the
 * server need not remember whom it has told what.
 */
export interface Mark {
  revision: number;
  lastRun: number;
  /** Of each input, in order: whether its column holds numbers. */
  numeric: readonly boolean[];
  /** Of the process that made it: what another one has counted may be another past, such as that of a backup. */
  madeBy: string;
}

const MARK = /^(\d{1,15})\.(\d{1,15})\.([01]*)(?:\.([A-Za-z0-9_-]{1,32}))?$/;

export function formatMark({ revision, lastRun, numeric, madeBy }: Mark): string {
  return `${revision}.${lastRun}.${numeric.map(Number).join('')}.${madeBy}`;
}

/** The mark that a text stands for; null where it is none. */
export function parseMark(text: string): Mark | null {
  const [, revision, lastRun, bits, madeBy = ''] = MARK.exec(text) ?? [];
  return revision === undefined
    ? null
    : {
        revision: Number(revision),
        lastRun: Number(lastRun),
        numeric: [...bits!].map((bit) => bit === '1'),
        madeBy,
      };
}
