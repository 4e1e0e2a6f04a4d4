import { homedir } from 'node:os';
import { join } from 'node:path';

/** Everything `quarry` reads from the environment, read once. */
export interface Settings {
  /** The whole environment, for the SDK's own lookup of keys and addresses and for child processes. */
  environment: Record<string, string | undefined>;
  forceColor: boolean | undefined;
  /** Where an embedded server keeps its data unless told otherwise. */
  defaultDataDirectory: string;
}

/** Reads the settings; called by main only. */
export function readSettings(environment: Record<string, string | undefined> = process.env): Settings {
  const dataHome = environment.XDG_DATA_HOME || join(environment.HOME || homedir(), '.local', 'share');
  return {
    environment,
    forceColor: readColorWish(environment),
    defaultDataDirectory: environment.QUARRY_DATA || join(dataHome, 'quarry'),
  };
}

/** FORCE_COLOR beats NO_COLOR, as in Node itself; undefined means that the terminal decides. */
function readColorWish(environment: Record<string, string | undefined>): boolean | undefined {
  const { FORCE_COLOR, NO_COLOR, TERM } = environment;
  if (FORCE_COLOR !== undefined) {
    return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  }
  if (NO_COLOR) {
    return false;
  }
  if (TERM === 'dumb') {
    return false;
  }
  return undefined;
}
