/** Preferences of whoever is signed in, kept on the server: they are the same in every browser. */
import {
  DEFAULT_PREFERENCES,
  onPreferenceChange,
  type Preferences,
  takePreferences,
} from '../ui/preferences.ts';
import { whenBack } from './connection.ts';
import { quarry } from './sdk.ts';

/** Takes over what the server keeps, and has it keep what is changed here, until `signal` aborts. */
export function keepPreferences(signal: AbortSignal): void {
  /** What the server has not got yet, because it was away or refused. */
  let unsent: Partial<Preferences> = {};
  let isSending = false;

  const send = async () => {
    if (isSending) {
      return;
    }
    isSending = true;
    while (Object.keys(unsent).length > 0 && !signal.aborted) {
      const changes = unsent;
      unsent = {};
      try {
        await quarry.users.updatePreferences(changes);
      } catch {
        // It holds in this browser, and is sent with the next change or when the server is back.
        unsent = { ...changes, ...unsent };
        break;
      }
    }
    isSending = false;
  };

  const leaveChanges = onPreferenceChange((changes) => {
    unsent = { ...unsent, ...changes };
    void send();
  });
  const leaveBack = whenBack(() => void send());
  signal.addEventListener('abort', () => {
    leaveChanges();
    leaveBack();
  });
  quarry.users
    .preferences({ signal })
    .then((values) => takePreferences({ ...DEFAULT_PREFERENCES, ...values, ...unsent }))
    .catch(() => undefined);
}
