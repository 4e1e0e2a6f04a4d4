import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { BlockList, isIP } from 'node:net';
import { availableParallelism, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { defaultDataDirectory } from './data-directory.ts';
import type { Environment } from './env.ts';
import { type SettingInEffect, settingsInEffect } from './in-effect.ts';
import {
  numbersOf,
  portsOf,
  SETTINGS,
  type Setting,
  type SettingName,
  type SettingValue,
  settings,
} from './settings.ts';

/** Everything the server can be told, typed and defaulted. */
export interface Config {
  data: string;
  /** The data directory was set back to an earlier state. */
  isRestored: boolean;
  /** The process with which the server ends; null where it ends when it is told to. */
  endWith: number | null;
  host: string;
  port: number;
  /** The address clients use when a proxy stands in front. */
  publicUrl: string | null;
  trustProxy: boolean;
  /** Names of this host, by which browsers may use sessions. */
  hostNames: string[];
  /** How long a browser stays signed in unused, and at most. */
  sessionIdleHours: number;
  sessionDays: number;
  /** How long the headers of a request, or its JSON body, may take to arrive. */
  requestSeconds: number;
  /** Whether texts are compressed for clients that ask for it. */
  compress: boolean;
  logLevel: string;
  /** Where the built portal lies; null for where this installation has it. */
  portalFiles: string | null;
  /** Whether the portal is built where its sources are newer. */
  buildsPortal: boolean;
  /** Opens `/metrics`; null where only keys of administrators do. */
  metricsToken: string | null;
  sandbox: 'auto' | 'required' | 'off';
  /** What sandboxed commands see of the network. */
  sandboxNetwork: 'host' | 'none';
  /** Where running jobs let people log in by SSH; null where they do not. */
  ssh: { listen: string; firstPort: number; lastPort: number } | null;
  /** Where agents work that share no files with the server; null where they work in the data directory. */
  agentDirectory: string | null;
  undeliveredHours: number;
  /** The words before the command line of an agent. */
  agentPrefix: readonly string[];
  /** Cores that jobs may use together on this host. */
  cores: number;
  /** Whether it stands in for a larger platform, and grants what this host has not. */
  standIn: boolean;
  /** Where GPUs are looked for. */
  gpus: string;
  requiresProject: boolean;
  maxJobHours: number;
  /** The walltime of jobs that name none, in hours; null for the longest. */
  defaultJobHours: number | null;
  /** Numbers of projects for the quotas of storage devices; null where none are to be used. */
  storageQuotaProjects: { first: number; last: number } | null;
  /** How long the directory of a run is kept whose agent died. */
  lostRunDays: number;
  /** Without a job for so long a persistent cluster ends that names no time of its own. */
  clusterIdleMinutes: number;
  usageSampleSeconds: number;
  /** Bounds of each run. */
  processesPerRun: number;
  /** Of what its core type promises; 0 sets no limit. */
  memoryLimitPercent: number;
  openFilesPerRun: number;
  logBytes: number;
  /** 0: as many as the disk takes. */
  outputBytesPerRun: number;
  /** The longest output that is kept. */
  outputFileBytes: number;
  /** Where running servers leave a note for command lines on the same machine; null leaves none. */
  stateDirectory: string | null;
  environment: Pick<Environment, 'home' | 'path' | 'modulePath'>;
  /** All settings as they were decided, for whoever keeps the platform; without secrets. */
  inEffect: readonly SettingInEffect[];
}

/** A setting that makes no sense, in words for whoever wrote it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** What the command line says, by option; absent where it says nothing. */
export type CommandLine = Readonly<Record<string, string | boolean | undefined>>;

/** The options of the command line, as `parseArgs` of Node wants them. */
export const commandLineOptions = Object.fromEntries(
  settings.flatMap(([, { option, schema }]) =>
    option ? [[option, { type: schema instanceof z.ZodBoolean ? 'boolean' : 'string' } as const]] : [],
  ),
);

type ConfigFile = { [Name in SettingName]?: SettingValue<Name> };

/** Decides the configuration: the command line over variables over the file over defaults. Throws ConfigError. */
export async function decideConfig(line: CommandLine, environment: Environment): Promise<Config> {
  let file: ConfigFile = {};
  const given = <Name extends SettingName>(name: Name): SettingValue<Name> | undefined => {
    const { option, variable, schema, isSecret = false }: Setting = SETTINGS[name];
    const value =
      fromText(schema, `--${option}`, option === undefined ? undefined : line[option], isSecret) ??
      fromText(schema, variable ?? '', environment.settings[name], isSecret);
    return (value as SettingValue<Name> | undefined) ?? (file[name] as SettingValue<Name> | undefined);
  };
  const decided = <Name extends SettingName>(name: Name): SettingValue<Name> =>
    given(name) ?? ((SETTINGS[name] as Setting).default as SettingValue<Name>);
  const data = resolve(given('data') ?? defaultDataDirectory(environment.home));
  file = await readConfigFile(given('config'), data);
  const host = decided('host');
  const trustProxy = decided('trustProxy');
  refuseOpenListening(host, trustProxy || decided('insecureListen'));
  const cores = given('cores') ?? availableParallelism();
  const stateDirectory = given('stateDirectory') ?? environment.stateDirectory;
  return {
    data,
    isRestored: decided('restored'),
    endWith: given('endWith') ?? null,
    host,
    port: decided('port'),
    publicUrl: given('publicUrl')?.replace(/\/+$/, '') ?? null,
    trustProxy,
    hostNames: [host, hostname(), ...decided('hostNames').split(',')]
      .map((name) => name.trim())
      .filter(Boolean),
    sessionIdleHours: decided('sessionIdleHours'),
    sessionDays: decided('sessionDays'),
    requestSeconds: decided('requestSeconds'),
    compress: decided('compress'),
    logLevel: decided('logLevel'),
    portalFiles: given('portalFiles') ?? null,
    buildsPortal: decided('buildsPortal'),
    metricsToken: given('metricsToken') ?? null,
    sandbox: decided('sandbox'),
    sandboxNetwork: decided('sandboxNetwork'),
    ssh:
      decided('sshListen') === 'off'
        ? null
        : { listen: decided('sshListen'), ...portsOf(decided('sshPorts')) },
    agentDirectory: apartFrom(data, given('agentDirectory') ?? null),
    undeliveredHours: decided('undeliveredHours'),
    agentPrefix: given('agentPrefix') ?? [],
    cores,
    standIn: decided('standIn'),
    gpus: decided('gpus'),
    requiresProject: decided('requiresProject'),
    maxJobHours: decided('maxJobHours'),
    defaultJobHours: atMost(decided('maxJobHours'), given('defaultJobHours') ?? null),
    storageQuotaProjects: numbersOf(decided('storageQuotaProjects')),
    lostRunDays: decided('lostRunDays'),
    clusterIdleMinutes: decided('clusterIdleMinutes'),
    usageSampleSeconds: decided('usageSampleSeconds'),
    processesPerRun: decided('processesPerRun'),
    memoryLimitPercent: decided('memoryLimitPercent'),
    openFilesPerRun: decided('openFilesPerRun'),
    logBytes: decided('logBytes'),
    outputBytesPerRun: decided('outputBytesPerRun'),
    outputFileBytes: decided('outputFileBytes'),
    stateDirectory,
    environment,
    inEffect: settingsInEffect({
      sourceOf: (name) => sourceOf(name, { line, environment, file }),
      found: { data, cores, stateDirectory },
      given,
    }),
  };
}

/** Who has set a setting, the first of them: it is the one that counts. */
function sourceOf(
  name: SettingName,
  { line, environment, file }: { line: CommandLine; environment: Environment; file: ConfigFile },
): SettingInEffect['source'] {
  const { option }: Setting = SETTINGS[name];
  const isGiven = (value: unknown) => value !== undefined && value !== '';
  if (option !== undefined && isGiven(line[option])) {
    return 'option';
  }
  if (isGiven(environment.settings[name])) {
    return 'variable';
  }
  return file[name] === undefined ? 'default' : 'file';
}

const fileSchema = z.strictObject(
  Object.fromEntries(settings.flatMap(([, { key, schema }]) => (key ? [[key, schema.optional()]] : []))),
);

async function readConfigFile(named: string | undefined, data: string): Promise<ConfigFile> {
  const path = named ? resolve(named) : join(data, 'quarry.toml');
  if (!existsSync(path)) {
    if (named) {
      throw new ConfigError(`There is no configuration file at ${path}.`);
    }
    return {};
  }
  const { getStaticTOMLValue, parseTOML } = await import('toml-eslint-parser');
  let value: unknown;
  try {
    value = getStaticTOMLValue(parseTOML(await readFile(path, 'utf8')));
  } catch (error) {
    const { lineNumber, message } = error as { lineNumber?: number; message: string };
    throw new ConfigError(`${path}${lineNumber ? `:${lineNumber}` : ''}: ${message}`, { cause: error });
  }
  const result = fileSchema.safeParse(value);
  if (result.success) {
    const inFile = settings.flatMap(([name, { key }]) => (key ? [[name, result.data[key]]] : []));
    return Object.fromEntries(inFile);
  }
  const problems = result.error.issues.map(
    (issue) => `${path}: ${issue.path.join('.') || 'the file'}: ${issue.message}`,
  );
  throw new ConfigError(problems.join('\n'));
}

/** Where agents work by themselves must be no part of what the server keeps, nor hold it. */
function apartFrom(data: string, agentDirectory: string | null): string | null {
  if (agentDirectory === null) {
    return null;
  }
  const directory = resolve(agentDirectory);
  if (`${directory}/`.startsWith(`${data}/`) || `${data}/`.startsWith(`${directory}/`)) {
    throw new ConfigError(
      `agent_directory (${directory}) and the data directory (${data}) lie in one another. Choose a directory beside it, or leave it out: agents then work in the data directory.`,
    );
  }
  return directory;
}

/** The walltime of jobs that name none, which none may have that names it. */
function atMost(maxHours: number, defaultHours: number | null): number | null {
  if (defaultHours !== null && defaultHours > maxHours) {
    throw new ConfigError(
      `default_job_hours (${defaultHours}) is more than max_job_hours (${maxHours}), the longest walltime that a job may have. Lower the one or raise the other.`,
    );
  }
  return defaultHours;
}

/** Keys would travel in the open: beyond the loopback, TLS or somebody's word that a proxy does it is needed. */
function refuseOpenListening(host: string, allowed: boolean): void {
  if (allowed || isLoopback(host)) {
    return;
  }
  const name = isIP(host) === 0 && host !== '' ? ` ${host} is a name, which may lead anywhere.` : '';
  throw new ConfigError(
    `Listening on ${host || 'all addresses'} without TLS would send keys in the open.${name} Put a proxy with TLS in front and set trust_proxy = true in quarry.toml, or give --insecure-listen if the network is trusted.`,
  );
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Whether only this machine itself reaches a server there. Of names only one is known to mean that, whatever resolves it. */
function isLoopback(host: string): boolean {
  if (host.toLowerCase() === 'localhost') {
    return true;
  }
  const family = isIP(host);
  return family !== 0 && LOOPBACK.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

/** A value given as text, by an option or a variable named `where`; nothing and an empty text are the same. */
function fromText(
  schema: z.ZodType,
  where: string,
  given: string | boolean | undefined,
  isSecret: boolean,
): unknown {
  if (given === undefined || given === '') {
    return undefined;
  }
  const result = schema.safeParse(typeof given === 'string' ? fromWords(schema, given) : given);
  if (result.success) {
    return result.data;
  }
  const words = wordsFor(schema, result.error);
  throw new ConfigError(`${where} must be ${words}${isSecret ? '' : `, not "${given}"`}.`);
}

/** What a text means for a setting of this kind; itself where it means nothing. */
function fromWords(schema: z.ZodType, text: string): unknown {
  if (schema instanceof z.ZodNumber) {
    return Number(text);
  }
  if (schema instanceof z.ZodBoolean) {
    return { true: true, 1: true, false: false, 0: false }[text.toLowerCase()] ?? text;
  }
  if (schema instanceof z.ZodArray) {
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }
  return text;
}

function wordsFor(schema: z.ZodType, { issues }: z.ZodError): string {
  if (schema instanceof z.ZodNumber) {
    return `a whole number from ${schema.minValue} to ${schema.maxValue}`;
  }
  if (schema instanceof z.ZodEnum) {
    return `one of ${schema.options.join(', ')}`;
  }
  if (schema instanceof z.ZodBoolean) {
    return 'true or false';
  }
  if (schema instanceof z.ZodArray) {
    return 'a list of texts in JSON, such as ["one", "two"]';
  }
  if (schema instanceof z.ZodURL) {
    return 'an address that begins with http:// or https://';
  }
  return issues[0]?.message ?? 'something else';
}
