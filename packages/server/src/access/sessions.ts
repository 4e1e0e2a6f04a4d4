/**
 * Sessions of browsers. Each has two secrets: a cookie that no script can read, and a token that the pages keep where other
 * origins cannot read it. Both must come: the cookie goes to every port of a host, and a script that was smuggled into
 * a page would find the token alone. Only their hashes are kept.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { type Clock, type Instant, later } from '../clock.ts';
import type { Database, Queries } from '../db/database.ts';
import {
  findSession,
  forgetSessions,
  haveEnded,
  insertSession,
  mayBeginSession,
  type SessionEnds,
  touchSessions,
} from '../db/queries/sessions.ts';
import type { SessionRow } from '../db/tables.ts';
import { newId } from '../ids.ts';
import { LIMITS } from '../limits.ts';
import { unauthenticated } from '../problems.ts';
import type { Caller } from './caller.ts';
import type { Credentials } from './credentials.ts';
import { hashKey } from './keys.ts';

const HOUR_MS = 3_600_000;
const SECRET_BYTES = 32;
const HINT = 'Sign in again. A session ends when it is left idle, after some days, or when somebody ends it.';

/** What is known when somebody signs in. */
export type NewSession = Pick<SessionRow, 'user_id' | 'way' | 'key_id' | 'user_agent' | 'address'> & {
  /** When the key that begins it ends, and the session with it. */
  keyExpiresAt: Instant | null;
};

interface Known {
  caller: Extract<Caller, { kind: 'user' }>;
  cookieHash: Buffer;
  lastUsedAt: Instant;
  expiresAt: Instant;
}

export class Sessions {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #lifeMs: number;
  readonly #known = new Map<string, Known>();
  /** When sessions were used that the database does not know of yet, or may be just learning. */
  readonly #used = new Map<string, Instant>();
  /** Counts what was forgotten, so that a look that began before does not bring back what is no longer true. */
  #forgotten = 0;

  constructor(options: { database: Database; clock: Clock; idleHours: number; days: number }) {
    this.#database = options.database;
    this.#clock = options.clock;
    this.#idleMs = options.idleHours * HOUR_MS;
    this.#lifeMs = options.days * 24 * HOUR_MS;
  }

  /** Begins one, inside a write; the secrets are shown this once. Answers how many sessions of the user it was too many for. */
  async begin(
    queries: Queries,
    wanted: NewSession,
  ): Promise<{ row: SessionRow; token: string; cookie: string; ended: number }> {
    const { keyExpiresAt, ...columns } = wanted;
    // Since it was looked at whom this is, somebody may have taken the right away.
    if (!(await mayBeginSession(queries, { userId: columns.user_id, keyId: columns.key_id }))) {
      throw unauthenticated('Whom this stands for may not sign in any more.', HINT);
    }
    const [token, cookie] = [newSecret(), newSecret()];
    const at = this.#clock.now();
    const latest = later(at, this.#lifeMs);
    const row: SessionRow = {
      ...columns,
      id: newId(),
      user_agent: columns.user_agent.slice(0, LIMITS.userAgentCharacters),
      token_hash: hashKey(token),
      cookie_hash: hashKey(cookie),
      date_inserted: at,
      last_used_at: at,
      expires_at: keyExpiresAt !== null && keyExpiresAt < latest ? keyExpiresAt : latest,
    };
    return { row, token, cookie, ended: await insertSession(queries, row) };
  }

  /**
   * Whom a session stands for; refuses with 401 what is none. Only what a person does keeps it from being idle: that of a
   * request, once, `isUse`.
   */
  async recognise(
    { token, cookies }: Extract<Credentials, { kind: 'session' }>,
    { isUse }: { isUse: boolean },
  ): Promise<Caller> {
    const known = await this.#find(hashKey(token));
    // Which half is wrong is told to nobody.
    if (known === null || !cookies.some((cookie) => isSame(hashKey(cookie), known.cookieHash))) {
      throw unauthenticated('There is no such session, or it has ended.', HINT);
    }
    return this.#admit(known, isUse);
  }

  /** Whom the session with an id stands for, while it lasts; null when it has ended. */
  async find(id: string): Promise<Caller | null> {
    const row = await findSession(this.#database.read, { id });
    return row && this.#lasts(row, id) ? knownBy(row).caller : null;
  }

  /** Before which moments sessions have ended by now. */
  ends(): SessionEnds {
    const now = this.#clock.now();
    return { now, idleSince: later(now, -this.#idleMs) };
  }

  forget(): void {
    this.#forgotten++;
    this.#known.clear();
  }

  /** Writes down when sessions were used, and removes those that have ended by themselves. */
  async tidy(): Promise<{ used: number; ended: number }> {
    const used = new Map(this.#used);
    if (used.size === 0 && !(await haveEnded(this.#database.read, this.ends()))) {
      return { used: 0, ended: 0 };
    }
    const ended = await this.#database.write(async (queries) => {
      await touchSessions(queries, used);
      return forgetSessions(queries, this.ends());
    });
    for (const [id, at] of used) {
      if (this.#used.get(id) === at) {
        this.#used.delete(id);
      }
    }
    return { used: used.size, ended };
  }

  async #find(tokenHash: string): Promise<Known | null> {
    const known = this.#known.get(tokenHash);
    if (known) {
      return known;
    }
    const before = this.#forgotten;
    const row = await findSession(this.#database.read, { tokenHash });
    if (!row) {
      return null;
    }
    const found = knownBy(row);
    if (this.#known.size >= LIMITS.sessionsRemembered) {
      this.#known.clear();
    }
    if (before === this.#forgotten) {
      this.#known.set(tokenHash, found);
    }
    return found;
  }

  #admit(known: Known, isUse: boolean): Caller {
    const { caller } = known;
    const { id } = caller.credential;
    if (!this.#lasts(known, id)) {
      throw unauthenticated('The session has ended.', HINT);
    }
    if (isUse) {
      known.lastUsedAt = this.#clock.now();
      this.#used.set(id, known.lastUsedAt);
    }
    return caller;
  }

  #lasts({ lastUsedAt, expiresAt }: Pick<Known, 'lastUsedAt' | 'expiresAt'>, id: string): boolean {
    const used = this.#used.get(id) ?? lastUsedAt;
    const { now, idleSince } = this.ends();
    return expiresAt > now && (used > lastUsedAt ? used : lastUsedAt) > idleSince;
  }
}

function knownBy(row: NonNullable<Awaited<ReturnType<typeof findSession>>>): Known {
  const { userId, email, role, workspaceId, sessionId, cookieHash, lastUsedAt, expiresAt } = row;
  const credential = { kind: 'session', id: sessionId } as const;
  return {
    caller: { kind: 'user', userId, email, role, workspaceId, credential },
    cookieHash: Buffer.from(cookieHash, 'hex'),
    lastUsedAt,
    expiresAt,
  };
}

function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

function isSame(hash: string, other: Buffer): boolean {
  return timingSafeEqual(Buffer.from(hash, 'hex'), other);
}
