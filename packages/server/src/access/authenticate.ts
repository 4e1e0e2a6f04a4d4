import type { Clock, Instant } from '../clock.ts';
import type { Database } from '../db/database.ts';
import { findClusterOwner } from '../db/queries/find-cluster-owner.ts';
import { findKey } from '../db/queries/find-key.ts';
import { LIMITS } from '../limits.ts';
import { Problem, tooManyRequests, unauthenticated } from '../problems.ts';
import type { Caller } from './caller.ts';
import type { Credentials } from './credentials.ts';
import { hashKey, isMistyped } from './keys.ts';
import type { Sessions } from './sessions.ts';
import type { Tickets } from './tickets.ts';
import { WrongKeys } from './wrong-keys.ts';

const REMEMBERED_KEYS = 10_000;
const HINT =
  'Send the header "Authorization: Token <key>". A key is made with "quarry keys create" or by an administrator.';

/** Turns what a request carries into a caller. Keys are remembered between requests until they change. */
export interface Authenticator {
  /**
   * Refuses with 401 what is no key or session of ours, or with 429 when the address it came from has sent too many wrong
   * keys; where no address is told nothing is counted.
   */
  authenticate(
    credentials: Credentials,
    options?: {
      addressOf?: () => string;
      /** False for a request that was let in before: looking again keeps no session from being idle. */
      isUse?: boolean;
    },
  ): Promise<Caller>;
  /** The caller that a key stands for, for a session until the end of the key; refuses as `authenticate` does. */
  recogniseKey(key: string, address: string): Promise<{ caller: Caller; expiresAt: Instant | null }>;
  /**
   * The caller that the ticket in an address stands for, which is worthless after `use`; null of an address without one.
   * Refuses with 401 when the ticket, or the key that made it, is good no more.
   */
  authenticateTicket(url: string, options: { use: boolean }): Promise<Caller | null>;
  /** Forgets all remembered keys and sessions; to be called by whatever changes keys or users. */
  forget(): void;
  /** Forgets them because somebody took a right away, and tells those who go on serving what was allowed before. */
  revoked(): void;
  onRevoked(listener: () => void): void;
  /** Tells those who go on serving, as `revoked` does, when a key that let somebody in has come to its end since the last call. */
  noteExpired(): void;
  /** Keys used since the last call, for recording when. */
  takeUsedKeys(): string[];
}

interface Known {
  caller: Caller;
  expiresAt: Instant | null;
}

export function createAuthenticator(options: {
  database: Database;
  clock: Clock;
  /** SHA-256 of an agent's token to its cluster, for clusters that have not ended. */
  clusterOfToken: (hash: string) => string | null;
  tickets: Tickets;
  sessions: Sessions;
  /** Called when an address has sent more wrong keys than it may. */
  onManyWrongKeys?: (address: string) => void;
}): Authenticator {
  const { database, clock, clusterOfToken, tickets, sessions } = options;
  const wrongKeys = new WrongKeys({
    most: LIMITS.wrongKeys,
    windowSeconds: LIMITS.wrongKeySeconds,
    addresses: LIMITS.wrongKeyAddresses,
  });
  const known = new Map<string, Known>();
  const used = new Set<string>();
  const listeners: Array<() => void> = [];
  /** When keys end, by their hashes, that have let somebody in and have an end. */
  const ends = new Map<string, Instant>();
  /** Counts what was forgotten, so that a look that began before does not bring back what is no longer true. */
  let forgotten = 0;

  async function look(hash: string, key: string): Promise<Known> {
    const clusterId = clusterOfToken(hash);
    if (clusterId) {
      const owner = await findClusterOwner(database.read, clusterId);
      if (owner) {
        return { caller: { kind: 'agent', clusterId, ...owner }, expiresAt: null };
      }
    }
    const row = await findKey(database.read, { hash });
    if (!row) {
      throw unauthenticated(
        'Invalid token.',
        isMistyped(key) ? 'The key is mistyped: its checksum does not fit. Copy it again.' : HINT,
      );
    }
    return knownBy(row);
  }

  async function recognise(header: string): Promise<Known> {
    const [scheme, key, ...rest] = header.trim().split(/\s+/);
    if (!/^(token|bearer)$/i.test(scheme ?? '') || !key || rest.length > 0) {
      throw unauthenticated('Invalid token header.', HINT);
    }
    const hash = hashKey(key);
    let entry = known.get(hash);
    if (!entry) {
      const before = forgotten;
      entry = await look(hash, key);
      if (known.size >= REMEMBERED_KEYS) {
        known.clear();
      }
      if (before === forgotten) {
        known.set(hash, entry);
      }
    }
    refuseExpired(entry);
    if (entry.expiresAt !== null) {
      ends.set(hash, entry.expiresAt);
    }
    if ('credential' in entry.caller) {
      used.add(entry.caller.credential.id);
    }
    return entry;
  }

  async function recogniseCounting(header: string, addressOf: (() => string) | undefined): Promise<Known> {
    try {
      return await recognise(header);
    } catch (error) {
      if (!(error instanceof Problem) || addressOf === undefined) {
        throw error;
      }
      throw refuseKey(error, addressOf());
    }
  }

  function refuseExpired({ expiresAt }: Known): void {
    if (expiresAt !== null && expiresAt <= clock.now()) {
      throw unauthenticated('The token has expired.', 'Make a new key with "quarry keys create".');
    }
  }

  /** What is said of a wrong key: why it is wrong or, when its address has sent too many, when to try again. */
  function refuseKey(problem: Problem, address: string): Problem {
    const many = wrongKeys.note(address);
    if (many === null) {
      return problem;
    }
    if (many.isNew) {
      options.onManyWrongKeys?.(address);
    }
    return tooManyRequests(
      `${problem.message} More than ${LIMITS.wrongKeys} wrong keys came from your address within ${LIMITS.wrongKeySeconds} seconds.`,
      {
        code: 'too_many_wrong_keys',
        retryAfterSeconds: many.retryAfterSeconds,
        hint: `${problem.hint} A right key works at once; with a wrong one, wait as long as Retry-After says.`,
      },
    );
  }

  return {
    async authenticate(credentials, { addressOf, isUse = true } = {}) {
      if (credentials.kind === 'none' || (credentials.kind === 'key' && credentials.header === '')) {
        return { kind: 'anonymous' };
      }
      if (credentials.kind === 'session') {
        return sessions.recognise(credentials, { isUse });
      }
      return (await recogniseCounting(credentials.header, addressOf)).caller;
    },
    recogniseKey: (key, address) => recogniseCounting(`Token ${key}`, () => address),
    async authenticateTicket(url, use) {
      const credential = tickets.credentialOf(url, use);
      if (credential === null) {
        return null;
      }
      const { kind, id } = credential;
      if (kind === 'session') {
        return (await sessions.find(id)) ?? refuseEnded('session');
      }
      const row = await findKey(database.read, { id });
      if (!row) {
        return refuseEnded('key');
      }
      const entry = knownBy(row);
      refuseExpired(entry);
      used.add(id);
      return entry.caller;
    },
    forget() {
      forgotten++;
      known.clear();
      sessions.forget();
    },
    revoked() {
      this.forget();
      for (const listener of listeners) {
        listener();
      }
    },
    onRevoked: (listener) => listeners.push(listener),
    noteExpired() {
      const now = clock.now();
      const ended = [...ends].filter(([, end]) => end <= now);
      for (const [hash] of ended) {
        ends.delete(hash);
      }
      if (ended.length > 0) {
        this.revoked();
      }
    },
    takeUsedKeys() {
      const keys = [...used];
      used.clear();
      return keys;
    },
  };
}

/** Whom a key stands for, and until when. */
function knownBy(row: NonNullable<Awaited<ReturnType<typeof findKey>>>): Known {
  const { userId, email, role, workspaceId, keyId, jobId, expiresAt } = row;
  const who = { userId, email, role, workspaceId, credential: { kind: 'key', id: keyId } } as const;
  return { caller: jobId ? { kind: 'job', jobId, ...who } : { kind: 'user', ...who }, expiresAt };
}

function refuseEnded(what: 'key' | 'session'): never {
  throw unauthenticated(`The ${what} that made this link has ended.`, HINT);
}
