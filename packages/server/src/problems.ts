/**
 * What can be wrong with what somebody asks for, in words of the domain: neither a status nor the shape of an answer.
 * `http/dialects/` makes answers of it. Whatever else is thrown is a bug, and the edge says so.
 */

/** What sort of trouble it is; each dialect has its answer to each. */
export type ProblemKind =
  /** Fields that are wrong. */
  | 'invalid'
  /** It cannot be done as things stand. */
  | 'refused'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  /** It was there, and is no more. */
  | 'gone'
  /** It contradicts what there is, or what is under way. */
  | 'conflict'
  /** Somebody else is at it. */
  | 'locked'
  | 'too_large'
  /** It contradicts what its idempotency key stands for. */
  | 'key_reused'
  | 'too_many'
  /** Nothing is wrong with it; the platform cannot now. */
  | 'busy'
  | 'storage_full'
  /** What the platform keeps is not as it was stored. */
  | 'damaged'
  /** The request itself, before anybody knows what it wants: `http/http-problems.ts`. */
  | 'protocol';

export interface ProblemWords {
  /** Stable word for programs, such as `job_started`. */
  code: string;
  /** What can be done about it. */
  hint?: string;
  cause?: unknown;
  /** When it is worth another try. */
  retryAfterSeconds?: number;
}

/** What is wrong: in one sentence with a code, or field by field. */
export class Problem extends Error {
  override readonly name: string = 'Problem';
  readonly kind: ProblemKind;
  /** Null where `fields` say it. */
  readonly detail: string | null;
  /** Leaves are lists of sentences. */
  readonly fields: Record<string, unknown> | null;
  readonly code: string | null;
  readonly hint: string | null;
  readonly retryAfterSeconds: number | null;

  constructor(kind: ProblemKind, what: string | Record<string, unknown>, words: Partial<ProblemWords> = {}) {
    const isSentence = typeof what === 'string';
    super(isSentence ? what : JSON.stringify(what), { cause: words.cause });
    this.kind = kind;
    this.detail = isSentence ? what : null;
    this.fields = isSentence ? null : what;
    this.code = words.code ?? null;
    this.hint = words.hint ?? null;
    this.retryAfterSeconds = words.retryAfterSeconds ?? null;
  }
}

const PLATFORM_KINDS: readonly ProblemKind[] = ['busy', 'storage_full', 'damaged'];

/** Whether the trouble is the platform's, whatever was asked for. */
export function isOfPlatform({ kind }: Problem): boolean {
  return PLATFORM_KINDS.includes(kind);
}

/** About named fields: leaves are lists of sentences, as clients join them. */
export function invalidFields(fields: Record<string, unknown>): Problem {
  return new Problem('invalid', fields);
}

/** About what is asked for as a whole. */
export function refused(detail: string, words: ProblemWords): Problem {
  return new Problem('refused', detail, words);
}

export function unauthenticated(detail: string, hint: string): Problem {
  return new Problem('unauthenticated', detail, { code: 'not_authenticated', hint });
}

export function forbidden(detail: string, hint: string, code = 'permission_denied'): Problem {
  return new Problem('forbidden', detail, { code, hint });
}

/** For what is not there and for what is somebody else's: nobody must be able to tell the two apart. */
const CHECK_ID = 'Check the id (ids are case-sensitive) and whose key the request carries.';

/** `hint` is for what is not found by an id. */
export function notFound(what = 'Not found.', hint = CHECK_ID): Problem {
  return new Problem('not_found', what, { code: 'not_found', hint });
}

export function gone(detail: string, words: ProblemWords): Problem {
  return new Problem('gone', detail, words);
}

export function conflict(detail: string, words: ProblemWords): Problem {
  return new Problem('conflict', detail, words);
}

export function locked(detail: string, words: ProblemWords): Problem {
  return new Problem('locked', detail, words);
}

export function tooLarge(detail: string, hint: string): Problem {
  return new Problem('too_large', detail, { code: 'too_large', hint });
}

/** The request is in order by itself, but contradicts what its idempotency key stands for. */
export function keyReused(detail: string, hint: string): Problem {
  return new Problem('key_reused', detail, { code: 'idempotency_key_reused', hint });
}

/** Somebody has done, or has under way, as much of something as may be. */
export function tooManyRequests(
  detail: string,
  { retryAfterSeconds, hint, code }: { retryAfterSeconds: number; hint: string; code?: string },
): Problem {
  return new Problem('too_many', detail, { code: code ?? 'too_many_requests', hint, retryAfterSeconds });
}

/** The server cannot work now; anybody may ask, so why is for the log alone. */
export function notReady(): Problem {
  return new Problem('busy', 'The server is not ready to work.', {
    code: 'not_ready',
    hint: 'It may be starting or stopping. Whoever runs the platform finds the reason in its log.',
    retryAfterSeconds: 1,
  });
}

/** As many files are open as the system allows this process. */
export function tooManyOpenFiles(cause: unknown): Problem {
  const detail =
    'This platform has as many files open as its system allows, for downloads that are under way.';
  return new Problem('busy', detail, {
    code: 'too_many_open_files',
    hint: 'Ask again in a few seconds. Whoever runs the platform can allow more (ulimit -n, LimitNOFILE).',
    cause,
    retryAfterSeconds: 5,
  });
}

/** The disk under the data directory is full. */
export function storageFull(cause?: unknown): Problem {
  return new Problem('storage_full', 'There is no space left on the storage of this platform.', {
    code: 'storage_full',
    hint: 'Delete files or jobs that are no longer needed, or ask whoever runs the platform for space; then try again.',
    cause,
  });
}

/** True for errors of the file system or the database that mean a full disk or an exhausted quota. */
export function meansStorageFull(error: unknown): boolean {
  const { code, errcode, cause } = (error ?? {}) as { code?: string; errcode?: number; cause?: unknown };
  const SQLITE_FULL = 13;
  // No room for the file of shared memory, without which a database in WAL mode cannot be opened.
  const SQLITE_IOERR_SHMSIZE = 4874;
  if (code === 'ENOSPC' || code === 'EDQUOT' || errcode === SQLITE_IOERR_SHMSIZE) {
    return true;
  }
  if (errcode !== undefined && (errcode & 0xff) === SQLITE_FULL) {
    return true;
  }
  return cause !== undefined && cause !== error && meansStorageFull(cause);
}
