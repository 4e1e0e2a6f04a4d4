import type { IncomingHttpHeaders } from 'node:http';

/** What identifies the bytes of a file that never change. */
export interface Validators {
  /** A strong entity tag, with its quotation marks. */
  etag: string;
  /** In whole seconds since the epoch, as HTTP dates are. */
  lastModifiedSeconds: number;
}

/** RFC 9110, 13.2.2: the order in which preconditions are looked at, and the status that one of them asks for. */
export function failedPrecondition(headers: IncomingHttpHeaders, validators: Validators): 304 | 412 | null {
  const ifMatch = headers['if-match'];
  const ifNoneMatch = headers['if-none-match'];
  if (ifMatch !== undefined) {
    if (!lists(ifMatch, validators.etag, 'strong')) {
      return 412;
    }
  } else if (isBefore(headers['if-unmodified-since'], validators)) {
    return 412;
  }
  if (ifNoneMatch !== undefined) {
    return lists(ifNoneMatch, validators.etag, 'weak') ? 304 : null;
  }
  const since = parseSeconds(headers['if-modified-since']);
  return since !== null && validators.lastModifiedSeconds <= since ? 304 : null;
}

/** RFC 9110, 13.1.5: whether a Range header still counts, given an If-Range header. */
export function rangeCounts(headers: IncomingHttpHeaders, validators: Validators): boolean {
  const ifRange = headers['if-range']?.toString().trim();
  if (ifRange === undefined) {
    return true;
  }
  if (ifRange.startsWith('"') || ifRange.startsWith('W/')) {
    return ifRange === validators.etag;
  }
  return parseSeconds(ifRange) === validators.lastModifiedSeconds;
}

function lists(header: string, etag: string, comparison: 'strong' | 'weak'): boolean {
  return header.split(',').some((sent) => {
    const tag = sent.trim();
    return tag === '*' || tag === etag || (comparison === 'weak' && tag === `W/${etag}`);
  });
}

function isBefore(header: string | undefined, { lastModifiedSeconds }: Validators): boolean {
  const date = parseSeconds(header);
  return date !== null && date < lastModifiedSeconds;
}

function parseSeconds(header: string | undefined): number | null {
  const milliseconds = Date.parse(header ?? '');
  return Number.isNaN(milliseconds) ? null : Math.floor(milliseconds / 1000);
}
