import { queryClient } from './queries.ts';
import { quarry } from './sdk.ts';
import { forget, hasToken, onOtherTab, sessionStore, setUser, signedIn } from './session.ts';

/** Begins a session; rejects with the refusal of the server. */
export async function signInByKey(key: string): Promise<void> {
  const { user, token } = await quarry.sessions.signIn({ key });
  queryClient.clear();
  signedIn(user, token);
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
  // A refusal makes it signed out on its way; without an answer it stays unknown until there is one.
  setUser(await quarry.users.me());
}

/** Keeps up with other tabs: who signs out in one is signed out in all. */
export function followOtherTabs(): () => void {
  return onOtherTab((hasSession) => {
    queryClient.clear();
    if (hasSession) {
      sessionStore.set({ kind: 'starting' });
      resumeSession().catch(() => undefined);
    } else {
      forget(false);
    }
  });
}
