import type { User } from '@quarry/sdk';
import { notifyFailed } from '../ui/notify.tsx';
import { words } from '../words/words.ts';
import { queryClient } from './queries.ts';
import { quarry } from './sdk.ts';
import { forget, hasToken, onOtherTab, sessionStore, setUser, signedIn } from './session.ts';

/** Who was signed in last in this tab. */
let lastUserId: string | null = null;

/** What one person has left in the memory of a tab, such as their uploads, is not for the next. */
function startAnewFor(userId: string): void {
  if (lastUserId !== null && lastUserId !== userId) {
    location.reload();
  }
  lastUserId = userId;
}

/** What somebody shows to sign in. */
export type Shown =
  | { key: string }
  | { email: string; password: string }
  | { code: string; password?: string };

/** Begins a session; rejects with the refusal of the server. */
export async function signIn(shown: Shown): Promise<void> {
  const { user, token } = await quarry.sessions.signIn(shown);
  queryClient.clear();
  signedIn(user, token);
  startAnewFor(user.id);
}

/**
 * The code of a link for signing in, which the address has behind `#code=`. It is taken out of the address at once: nobody is to
 * find it in the history or copy it.
 */
function takeCode(): string | null {
  const code = new URLSearchParams(location.hash.slice(1)).get('code');
  if (code !== null) {
    history.replaceState(history.state, '', location.pathname + location.search);
  }
  return code;
}

/** Of the link that the portal was opened with, before anything else is shown; null when it was none, and once it is used. */
let linkCode = takeCode();

export function codeOfLink(): string | null {
  return linkCode;
}

/** It is not tried again, not even when somebody signs out later: they would be signed in by that. */
export function letGoOfLink(): void {
  linkCode = null;
}

/** Ends the session, here and on the server; here even where the server does not answer. */
export async function signOut(): Promise<void> {
  try {
    await quarry.sessions.signOut();
  } finally {
    forget(false);
    queryClient.clear();
  }
}

/** Finds out whether the session of last time still holds. */
export async function resumeSession(): Promise<void> {
  if (!hasToken()) {
    forget(false);
    return;
  }
  let user: User;
  try {
    user = await quarry.users.me();
  } catch (error) {
    // A refusal has made it signed out on its way; without an answer it stays unknown until there is one.
    if (sessionStore.get().kind === 'starting') {
      sessionStore.set({ kind: 'starting', error });
    }
    return;
  }
  setUser(user);
  startAnewFor(user.id);
  if (linkCode !== null) {
    // Somebody else may have made it: nobody is to find themselves signed in as another one.
    letGoOfLink();
    const { linkLeft, linkLeftText } = words.signIn;
    notifyFailed(linkLeft, new Error(linkLeftText(user.email)));
  }
}

/** Keeps up with other tabs: who signs out in one is signed out in all. */
export function followOtherTabs(): () => void {
  return onOtherTab((hasSession) => {
    queryClient.clear();
    if (hasSession) {
      sessionStore.set({ kind: 'starting' });
      void resumeSession();
    } else {
      forget(false);
    }
  });
}
