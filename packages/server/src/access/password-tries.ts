/**
 * Slows down who guesses passwords, by user and address together, by user, and by address. A wait concerns passwords alone:
 * keys and sessions go on, and nobody is locked out for good. Tries count as wrong while they are looked at, so that
 * many at once gain nothing.
 */
import { LIMITS } from '../limits.ts';
import { tooManyRequests } from '../problems.ts';

interface Rule {
  /** Wrong ones that need not wait. */
  free: number;
  firstWaitSeconds: number;
  longestWaitSeconds: number;
}

const RULES = {
  pair: {
    free: LIMITS.passwordTries,
    firstWaitSeconds: 5,
    longestWaitSeconds: LIMITS.passwordWaitSeconds,
  },
  user: {
    free: LIMITS.passwordTriesPerUser,
    firstWaitSeconds: 1,
    longestWaitSeconds: LIMITS.passwordWaitPerUserSeconds,
  },
  address: {
    free: LIMITS.passwordTriesPerAddress,
    firstWaitSeconds: 1,
    longestWaitSeconds: LIMITS.passwordWaitPerAddressSeconds,
  },
} as const satisfies Record<string, Rule>;

interface Count {
  wrong: number;
  /** Before this none is looked at, by `now`. */
  nextAt: number;
  lastAt: number;
}

/** What one try has done to a count. */
interface Counted {
  count: Count;
  before: number;
  nextAt: number;
}

export interface PasswordTry {
  user: string;
  address: string;
  /** Whether the user is signed in from there: then others who guess from elsewhere do not slow them down. */
  isKnownThere: boolean;
}

/** To be told how it has ended. */
export interface BegunTry {
  succeed(): void;
  fail(): void;
}

export class PasswordTries {
  readonly #now: () => number;
  readonly #onMany: (address: string) => void;
  /** Those that were quiet longest come first. */
  readonly #counts = new Map<string, Count>();

  constructor(options: { now?: () => number; onMany?: (address: string) => void } = {}) {
    this.#now = options.now ?? (() => performance.now());
    this.#onMany = options.onMany ?? (() => {});
  }

  /** How many users and addresses are known. */
  get size(): number {
    return this.#counts.size;
  }

  /**
   * Begins a try, which counts as wrong until what is answered says otherwise. Refuses, with how long to wait, when there
   * were too many.
   */
  begin(wanted: PasswordTry): BegunTry {
    const now = this.#now();
    this.#forgetQuiet(now);
    const rules = rulesFor(wanted);
    const nextAt = Math.max(0, ...rules.map(([name]) => this.#counts.get(name)?.nextAt ?? 0));
    if (nextAt > now) {
      throw refuse(Math.ceil((nextAt - now) / 1000));
    }
    const counted = rules.map(([name, rule]) => this.#count(name, rule, now));
    if (this.#counts.get(rules[0][0])!.wrong === RULES.pair.free + 1) {
      this.#onMany(wanted.address);
    }
    return {
      succeed: () => this.#forgive(rules[0][0], counted),
      fail: () => {
        // Who waits does so from the answer on, however long looking took.
        for (const { count, nextAt } of counted) {
          count.nextAt = Math.max(count.nextAt, nextAt + this.#now() - now);
        }
      },
    };
  }

  /** Counts a try as wrong; answers until when others wait because of it, and until when they waited before. */
  #count(name: string, rule: Rule, now: number): Counted {
    const count = this.#counts.get(name) ?? { wrong: 0, nextAt: 0, lastAt: now };
    const before = count.nextAt;
    count.wrong += 1;
    const waitSeconds =
      count.wrong < rule.free
        ? 0
        : Math.min(rule.firstWaitSeconds * 2 ** (count.wrong - rule.free), rule.longestWaitSeconds);
    count.nextAt = now + waitSeconds * 1000;
    count.lastAt = now;
    this.#counts.delete(name);
    this.#counts.set(name, count);
    return { count, before, nextAt: count.nextAt };
  }

  /** A right password shows who has typed it there, and says nothing of who guesses others from there or elsewhere. */
  #forgive(pair: string, counted: readonly Counted[]): void {
    this.#counts.delete(pair);
    for (const { count, before, nextAt } of counted) {
      count.wrong -= 1;
      // Where another try has set a wait meanwhile, that one stays.
      if (count.nextAt === nextAt) {
        count.nextAt = before;
      }
    }
  }

  #forgetQuiet(now: number): void {
    for (const [name, { lastAt }] of this.#counts) {
      if (
        now - lastAt < LIMITS.passwordForgetSeconds * 1000 &&
        this.#counts.size < LIMITS.passwordTriesKnown
      ) {
        return;
      }
      this.#counts.delete(name);
    }
  }
}

/** What a try counts for; that of user and address together comes first. */
function rulesFor({ user, address, isKnownThere }: PasswordTry): [[string, Rule], ...[string, Rule][]] {
  return [
    [`pair ${address} ${user}`, RULES.pair],
    [`address ${address}`, RULES.address],
    ...(isKnownThere ? [] : [[`user ${user}`, RULES.user] satisfies [string, Rule]]),
  ];
}

function refuse(retryAfterSeconds: number) {
  return tooManyRequests('There were too many wrong passwords.', {
    code: 'too_many_passwords',
    retryAfterSeconds,
    hint: 'Wait as long as Retry-After says, or sign in with a key or by a link. Whoever has forgotten a password gets a link for a new one from an administrator.',
  });
}
