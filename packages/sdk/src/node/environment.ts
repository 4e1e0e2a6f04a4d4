/** The one place that reads environment variables. */
import { homedir } from 'node:os';
import { join } from 'node:path';

export type Environment = Readonly<Record<string, string | undefined>>;

export function currentEnvironment(): Environment {
  return process.env;
}

export interface EnvironmentCredentials {
  baseUrl: string | null;
  apiKey: string | null;
  /** Names of the variables that were found, for messages. */
  names: string[];
}

const URL_NAMES = ['RESCALE_API_BASE_URL', 'RESCALE_API_URL', 'RESCALE_PLATFORM_URL'];
const KEY_NAMES = ['RESCALE_API_KEY', 'RESCALE_API_TOKEN'];

/** Address and key by the names that clients of this API use; the first one set counts. */
export function environmentCredentials(env: Environment): EnvironmentCredentials {
  const [url, key] = [firstSet(env, URL_NAMES), firstSet(env, KEY_NAMES)];
  return {
    baseUrl: url?.value ?? null,
    apiKey: key?.value ?? null,
    names: [url?.name, key?.name].filter((name) => name !== undefined),
  };
}

/** The file of profiles that all tools of this API share. */
export function profilesPath(env: Environment = currentEnvironment()): string {
  return set(env.RESCALE_CONFIG_FILE) ?? join(home(env), '.config', 'rescale', 'apiconfig');
}

/** Where running embedded servers leave a note each. */
export function serversDirectory(env: Environment): string {
  const state = set(env.XDG_STATE_HOME) ?? join(home(env), '.local', 'state');
  return join(set(env.QUARRY_STATE_DIR) ?? join(state, 'quarry'), 'servers');
}

function home(env: Environment): string {
  return set(process.platform === 'win32' ? env.USERPROFILE : env.HOME) ?? homedir();
}

function firstSet(env: Environment, names: string[]): { name: string; value: string } | null {
  for (const name of names) {
    const value = set(env[name]);
    if (value !== undefined) {
      return { name, value };
    }
  }
  return null;
}

function set(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === '' ? undefined : value;
}
