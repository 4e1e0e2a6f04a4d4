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
}

const MARK = /^(\d{1,15})\.(\d{1,15})\.([01]*)$/;

export function formatMark({ revision, lastRun, numeric }: Mark): string {
  return `${revision}.${lastRun}.${numeric.map(Number).join('')}`;
}

/** The mark that a text stands for; null where it is none. */
export function parseMark(text: string): Mark | null {
  const [, revision, lastRun, bits] = MARK.exec(text) ?? [];
  return revision === undefined
    ? null
    : {
        revision: Number(revision),
        lastRun: Number(lastRun),
        numeric: [...bits!].map((bit) => bit === '1'),
      };
}
