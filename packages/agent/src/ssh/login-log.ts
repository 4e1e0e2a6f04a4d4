/**
 * Tells the platform who logs in, and who is not let in: each sort of login at once, and what is the same within ten minutes as a number at their
 * end, since whoever tries keys tries many.
 */
import type { AgentEvent } from '@quarry/contract';
import { SSH_LOGIN_SORTS, SSH_LOGINS_TOLD_MS } from '../limits.ts';

type LoginEvent = Extract<AgentEvent, { type: 'ssh_login' }>;
export type Login = Pick<LoginEvent, 'refusal' | 'fingerprint' | 'from'>;
export type TellLogin = (login: Login & { times: number }) => void;

export class LoginLog {
  /** Those that were told in this time, with how many have come since. */
  readonly #sorts = new Map<string, { login: Login; untold: number }>();
  readonly #tell: TellLogin;
  #timer: NodeJS.Timeout | null = null;

  constructor(tell: TellLogin) {
    this.#tell = tell;
  }

  note(login: Login): void {
    const sort = this.#sortOf(login);
    if (sort !== undefined) {
      sort.untold += 1;
      return;
    }
    this.#tell({ ...login, times: 1 });
    this.#sorts.set(keyOf(login), { login, untold: 0 });
    this.#timer ??= setTimeout(() => this.flush(), SSH_LOGINS_TOLD_MS).unref();
  }

  /** Tells what is not told yet. */
  flush(): void {
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
    }
    this.#timer = null;
    const sorts = [...this.#sorts.values()];
    this.#sorts.clear();
    for (const { login, untold } of sorts.filter((sort) => sort.untold > 0)) {
      this.#tell({ ...login, times: untold });
      // What goes on is not told at once again.
      this.#sorts.set(keyOf(login), { login, untold: 0 });
      this.#timer ??= setTimeout(() => this.flush(), SSH_LOGINS_TOLD_MS).unref();
    }
  }

  /** Beyond a number of sorts they are those of anybody, from anywhere. */
  #sortOf(login: Login): { untold: number } | undefined {
    const known = this.#sorts.get(keyOf(login));
    if (known !== undefined || this.#sorts.size < SSH_LOGIN_SORTS) {
      return known;
    }
    const others = { refusal: login.refusal, fingerprint: null, from: null };
    let sort = this.#sorts.get(keyOf(others));
    if (sort === undefined) {
      sort = { login: others, untold: 0 };
      this.#sorts.set(keyOf(others), sort);
    }
    return sort;
  }
}

function keyOf({ refusal, fingerprint, from }: Login): string {
  return [refusal, fingerprint, from].join(' ');
}
