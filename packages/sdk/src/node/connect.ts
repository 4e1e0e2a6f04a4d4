/**
 * Finds a platform and a key for it: given ones, a named profile, the environment, the profile `[default]`, a server
 * running on this machine, in that order. A key is only ever sent to the platform it was found with or given for.
 */
import { normalizeBaseUrl } from '../base-url.ts';
import { Quarry } from '../client.ts';
import { QuarryError } from '../errors.ts';
import type { QuarryOptions } from '../transport.ts';
import { type EmbeddedServer, keyOfServer, runningServers } from './embedded-server.ts';
import { currentEnvironment, type Environment, environmentCredentials, profilesPath } from './environment.ts';
import { findProfile, readProfiles } from './profiles.ts';

export interface ConnectOptions extends Partial<QuarryOptions> {
  /** Name of a profile in `apiconfig`. */
  profile?: string;
  /** Read instead of the process's environment. */
  env?: Environment;
}

export type CredentialSource = 'options' | 'profile' | 'environment' | 'embedded';

interface Credentials {
  baseUrl: string;
  apiKey: string;
  sourceKind: CredentialSource;
  /** Where they came from, for people: `profile [default] in /home/ann/.config/rescale/apiconfig`. */
  source: string;
}

export class ConnectedQuarry extends Quarry {
  /** Where address and key came from, for people. */
  readonly source: string;
  readonly sourceKind: CredentialSource;

  constructor(options: QuarryOptions, { source, sourceKind }: Credentials) {
    super(options);
    this.source = source;
    this.sourceKind = sourceKind;
  }
}

const SIGN_IN = [
  'Do one of these:',
  '- start a platform on this machine: quarry serve',
  '- sign in to one: quarry auth login',
  '- set RESCALE_API_BASE_URL and RESCALE_API_KEY',
].join('\n');

/** A client for the platform that options, profiles, environment or a running server name; asks it nothing yet. */
export async function connect(options: ConnectOptions = {}): Promise<ConnectedQuarry> {
  const { profile, env = currentEnvironment(), baseUrl, apiKey, ...rest } = options;
  const found = await findCredentials({ profile, baseUrl, apiKey }, env);
  const userAgent = rest.userAgent ?? `quarry-sdk node/${process.versions.node}`;
  return new ConnectedQuarry({ ...rest, userAgent, baseUrl: found.baseUrl, apiKey: found.apiKey }, found);
}

interface Given {
  profile: string | undefined;
  baseUrl: string | undefined;
  apiKey: string | undefined;
}

async function findCredentials(given: Given, env: Environment): Promise<Credentials> {
  const { baseUrl, apiKey } = given;
  if (baseUrl && apiKey) {
    return { baseUrl, apiKey, sourceKind: 'options', source: 'the given address and key' };
  }
  if (given.profile !== undefined) {
    return fromProfile(given.profile, given, env);
  }

  const fromEnv = environmentCredentials(env);
  if (baseUrl) {
    const sameUrl = fromEnv.baseUrl === null || isSame(fromEnv.baseUrl, baseUrl);
    if (fromEnv.apiKey && sameUrl) {
      return environmentResult(baseUrl, fromEnv.apiKey, fromEnv.names);
    }
    return keyFor(baseUrl, env);
  }
  if (fromEnv.baseUrl) {
    const key = apiKey ?? fromEnv.apiKey;
    return key ? environmentResult(fromEnv.baseUrl, key, fromEnv.names) : keyFor(fromEnv.baseUrl, env);
  }
  if (fromEnv.apiKey && !apiKey) {
    throw new QuarryError(
      `${fromEnv.names.join()} is set, but no variable says which platform the key is for.`,
      {
        hint: 'Set RESCALE_API_BASE_URL as well, such as http://127.0.0.1:8080, or unset the key.',
      },
    );
  }

  const profiles = await readProfiles(env);
  const standard = findProfile(profiles, 'default');
  if (standard?.baseUrl && (apiKey ?? standard.apiKey)) {
    return fromProfile('default', given, env);
  }
  return fromEmbedded(await runningServers(env), given);
}

async function fromProfile(name: string, given: Given, env: Environment): Promise<Credentials> {
  const path = profilesPath(env);
  const profiles = await readProfiles(env);
  const profile = findProfile(profiles, name);
  if (profile === undefined) {
    const known = profiles.map((candidate) => candidate.name).join(', ') || 'none';
    throw new QuarryError(`There is no profile "${name}" in ${path}.`, {
      hint: `Profiles there: ${known}. Add one with: quarry auth login --profile ${name}`,
    });
  }
  const isElsewhere = given.baseUrl && profile.baseUrl && !isSame(given.baseUrl, profile.baseUrl);
  if (isElsewhere && !given.apiKey) {
    throw new QuarryError(
      `The key of the profile "${name}" is for ${profile.baseUrl} and does not go to ${given.baseUrl}.`,
      { hint: 'Leave out the address or the profile, or give a key for that address.' },
    );
  }
  const baseUrl = given.baseUrl ?? profile.baseUrl;
  const apiKey = given.apiKey ?? profile.apiKey;
  if (baseUrl === null || apiKey === null) {
    const missing = baseUrl === null ? 'apibaseurl' : 'apikey';
    throw new QuarryError(`The profile "${name}" in ${path} has no ${missing}.`, {
      hint: `Write it anew with: quarry auth login --profile ${name}`,
    });
  }
  return { baseUrl, apiKey, sourceKind: 'profile', source: `profile [${profile.name}] in ${path}` };
}

function environmentResult(baseUrl: string, apiKey: string, names: string[]): Credentials {
  return { baseUrl, apiKey, sourceKind: 'environment', source: `environment (${names.join(', ')})` };
}

/** A key for an address that came without one: from a profile or a running server of the same address. */
async function keyFor(baseUrl: string, env: Environment): Promise<Credentials> {
  for (const profile of await readProfiles(env)) {
    if (profile.baseUrl !== null && profile.apiKey !== null && isSame(profile.baseUrl, baseUrl)) {
      return fromProfile(profile.name, { profile: profile.name, baseUrl, apiKey: undefined }, env);
    }
  }
  const server = (await runningServers(env)).find((candidate) => isSame(candidate.url, baseUrl));
  if (server !== undefined) {
    return embeddedResult(server, undefined);
  }
  throw new QuarryError(`There is no key for ${baseUrl}.`, {
    hint: 'Set RESCALE_API_KEY, or sign in once with `quarry auth login`.',
  });
}

function fromEmbedded(servers: EmbeddedServer[], given: Given): Promise<Credentials> {
  const [server, ...others] = servers;
  if (server === undefined) {
    throw new QuarryError('No platform is configured and none runs here.', { hint: SIGN_IN });
  }
  if (others.length > 0) {
    const list = servers.map(({ url, dataDir }) => `- ${url} (data in ${dataDir})`).join('\n');
    throw new QuarryError(`More than one server runs on this machine:\n${list}`, {
      hint: `Say which one: set RESCALE_API_BASE_URL to its address.`,
    });
  }
  return embeddedResult(server, given.apiKey);
}

async function embeddedResult(server: EmbeddedServer, apiKey: string | undefined): Promise<Credentials> {
  const key = apiKey ?? (await keyOfServer(server));
  return {
    baseUrl: server.url,
    apiKey: key,
    sourceKind: 'embedded',
    source: `server running at ${server.url}`,
  };
}

function isSame(one: string, other: string): boolean {
  return normalizeBaseUrl(one) === normalizeBaseUrl(other);
}
