/**
 * Who is signed in. The cookie of a session is out of reach here; the token that must come with it lies in
 * `localStorage`, which another port of this host cannot read. A key is sent once, to begin a session, and not kept.
 */
import { TimeoutError, type User } from '@quarry/sdk';
import { createStore, useStore } from '../ui/store.ts';
import { heard, isFromProxy, unheard } from './connection.ts';
import { isSomebodyThere } from './presence.ts';

const SESSION_HEADER = 'x-quarry-session';
const AUTOMATIC_HEADER = 'x-quarry-automatic';
const TOKEN = 'quarry.session';

export type SessionState =
  /** It is not known yet whether the token that is there still holds. */
  | { kind: 'starting' /** Why that could not be found out. */; error?: unknown }
  | { kind: 'signed-out'; hasEnded: boolean }
  | { kind: 'signed-in'; user: User };

const state = createStore<SessionState>({ kind: 'starting' });

export function useSession(): SessionState {
  return useStore(state);
}

/** Where nobody is signed in there is nothing to ask for; pages are below the one that sees to that. */
export function useUser(): User {
  const session = useSession();
  if (session.kind !== 'signed-in') {
    throw new Error('Nobody is signed in.');
  }
  return session.user;
}

export const sessionStore = state;

/** `fetch` with the token of the session; tells the connection what it meets, and ends the session that is refused. */
export const sessionFetch: typeof fetch = async (input, init) => {
  const token = localStorage.getItem(TOKEN);
  const headers = new Headers(init?.headers);
  if (token !== null) {
    headers.set(SESSION_HEADER, token);
    // What is written somebody has asked for, such as an upload of a night.
    if ((init?.method ?? 'GET') === 'GET' && !isSomebodyThere()) {
      headers.set(AUTOMATIC_HEADER, '1');
    }
  }
  let response: Response;
  try {
    response = await fetch(input, { ...init, headers, credentials: 'same-origin' });
  } catch (error) {
    // Who has given up is no outage; a time limit that is over is one.
    if (init?.signal?.aborted !== true || init.signal.reason instanceof TimeoutError) {
      unheard();
    }
    throw error;
  }
  if (isFromProxy(response)) {
    unheard();
    return response;
  }
  heard();
  // The token may be another one by now, if somebody has signed in anew in another tab.
  if (response.status === 401 && token !== null && token === localStorage.getItem(TOKEN)) {
    forget(true);
  }
  return response;
};

export function signedIn(user: User, token: string): void {
  localStorage.setItem(TOKEN, token);
  state.set({ kind: 'signed-in', user });
}

/** The user as they are after a change of theirs, or as the server knows them at the start. */
export function setUser(user: User): void {
  state.set({ kind: 'signed-in', user });
}

export function forget(hasEnded: boolean): void {
  localStorage.removeItem(TOKEN);
  state.set({ kind: 'signed-out', hasEnded });
}

export function hasToken(): boolean {
  return localStorage.getItem(TOKEN) !== null;
}

/** Calls `listener` when somebody signs in or out in another tab of this browser. */
export function onOtherTab(listener: (hasSession: boolean) => void): () => void {
  const listen = (event: StorageEvent) => {
    if (event.key === TOKEN) {
      listener(event.newValue !== null);
    }
  };
  addEventListener('storage', listen);
  return () => removeEventListener('storage', listen);
}
