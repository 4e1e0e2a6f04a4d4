/** Both ends included. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * What a Range header asks of a file of this size. RFC 9110, 14.2: "A server MAY ignore the Range header field";
 * we do for units other than bytes, for several ranges and for what is malformed, and for an empty file, of
 * which real clients ask `bytes=0-1`.
 */
export function parseRange(
  header: string | undefined,
  sizeBytes: number,
): ByteRange | 'whole' | 'unsatisfiable' {
  const match = /^bytes=\s*(\d{0,20})-(\d{0,20})\s*$/i.exec(header ?? '');
  if (match === null || sizeBytes === 0) {
    return 'whole';
  }
  const [, first = '', last = ''] = match;
  if (first === '') {
    if (last === '') {
      return 'whole';
    }
    const suffixBytes = Number(last);
    if (suffixBytes === 0) {
      return 'unsatisfiable';
    }
    return { start: Math.max(0, sizeBytes - suffixBytes), end: sizeBytes - 1 };
  }
  const start = Number(first);
  const end = last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (last !== '' && Number(last) < start) {
    return 'whole';
  }
  return start >= sizeBytes ? 'unsatisfiable' : { start, end };
}
