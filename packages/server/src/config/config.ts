import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { getStaticTOMLValue, parseTOML } from 'toml-eslint-parser';
import { z } from 'zod';
import { LIMITS } from '../limits.ts';
import type { Environment } from './env.ts';

/** Everything the server can be told, typed and defaulted. */
export interface Config {
  data: string;
  host: string;
  port: number;
  /** The address clients use when a proxy stands in front. */
  publicUrl: string | null;
  trustProxy: boolean;
  /** How long the headers of a request, or its JSON body, may take to arrive. */
  requestSeconds: number;
  logLevel: string;
  sandbox: 'auto' | 'required' | 'off';
  /** Cores that jobs may use together on this host. */
  cores: number;
  requiresProject: boolean;
  maxJobHours: number;
  /** Where running servers leave a note for command lines on the same machine; null leaves none. */
  stateDirectory: string | null;
  environment: Pick<Environment, 'home' | 'path' | 'modulePath'>;
}

/** A setting that makes no sense, in words for whoever wrote it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** What the command line says, as it was written; absent where it says nothing. */
export interface CommandLine {
  data?: string;
  host?: string;
  port?: string;
  config?: string;
  insecureListen?: boolean;
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const fileSchema = z.strictObject({
  host: z.string().optional(),
  port: z.int().min(0).max(65_535).optional(),
  public_url: z.url({ protocol: /^https?$/ }).optional(),
  trust_proxy: z.boolean().optional(),
  insecure_listen: z.boolean().optional(),
  request_seconds: z.int().min(1).max(3600).optional(),
  log_level: z.enum(LOG_LEVELS).optional(),
  sandbox: z.enum(['auto', 'required', 'off']).optional(),
  cores: z.int().min(1).max(100_000).optional(),
  requires_project: z.boolean().optional(),
  max_job_hours: z
    .int()
    .min(1)
    .max(LIMITS.maxJobHours * 10)
    .optional(),
});

/** Settles the configuration: the command line over variables over the file over defaults. Throws ConfigError. */
export async function settleConfig(line: CommandLine, environment: Environment): Promise<Config> {
  const data = resolve(line.data ?? environment.data ?? join(environment.home, '.local/share/quarry'));
  const file = await readConfigFile(line.config, data);
  const host = line.host ?? environment.host ?? file.host ?? '127.0.0.1';
  const publicUrl = environment.publicUrl ?? file.public_url ?? null;
  const trustProxy = file.trust_proxy ?? false;
  refuseOpenListening(host, trustProxy || (line.insecureListen ?? file.insecure_listen ?? false));
  return {
    data,
    host,
    port: wholeNumber('port', line.port ?? environment.port, 0, 65_535) ?? file.port ?? 8080,
    publicUrl: publicUrl?.replace(/\/+$/, '') ?? null,
    trustProxy,
    requestSeconds: file.request_seconds ?? LIMITS.requestSeconds,
    logLevel: choice('QUARRY_LOG_LEVEL', environment.logLevel, LOG_LEVELS) ?? file.log_level ?? 'info',
    sandbox:
      choice('QUARRY_SANDBOX', environment.sandbox, ['auto', 'required', 'off'] as const) ??
      file.sandbox ??
      'auto',
    cores: wholeNumber('QUARRY_CORES', environment.cores, 1, 100_000) ?? file.cores ?? availableParallelism(),
    requiresProject: file.requires_project ?? false,
    maxJobHours: file.max_job_hours ?? LIMITS.maxJobHours,
    stateDirectory: environment.stateDirectory ?? null,
    environment,
  };
}

async function readConfigFile(named: string | undefined, data: string): Promise<z.output<typeof fileSchema>> {
  const path = named ? resolve(named) : join(data, 'quarry.toml');
  if (!existsSync(path)) {
    if (named) throw new ConfigError(`There is no configuration file at ${path}.`);
    return {};
  }
  let value: unknown;
  try {
    value = getStaticTOMLValue(parseTOML(await readFile(path, 'utf8')));
  } catch (error) {
    const { lineNumber, message } = error as { lineNumber?: number; message: string };
    throw new ConfigError(`${path}${lineNumber ? `:${lineNumber}` : ''}: ${message}`, { cause: error });
  }
  const result = fileSchema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    (issue) => `${path}: ${issue.path.join('.') || 'the file'}: ${issue.message}`,
  );
  throw new ConfigError(problems.join('\n'));
}

/** Keys would travel in the open: beyond the loopback, TLS or somebody's word that a proxy does it is needed. */
function refuseOpenListening(host: string, allowed: boolean): void {
  const loopback = host === 'localhost' || host === '::1' || /^127\./.test(host);
  if (loopback || allowed) return;
  throw new ConfigError(
    `Listening on ${host} without TLS would send keys in the open. Put a proxy with TLS in front and set trust_proxy = true in quarry.toml, or give --insecure-listen if the network is trusted.`,
  );
}

function wholeNumber(
  name: string,
  text: string | undefined,
  least: number,
  most: number,
): number | undefined {
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new ConfigError(`${name} must be a whole number from ${least} to ${most}, not "${text}".`);
}

function choice<const Word extends string>(
  name: string,
  text: string | undefined,
  words: readonly Word[],
): Word | undefined {
  if (text === undefined || text === '') return undefined;
  const word = words.find((each) => each === text);
  if (word) return word;
  throw new ConfigError(`${name} must be one of ${words.join(', ')}, not "${text}".`);
}
