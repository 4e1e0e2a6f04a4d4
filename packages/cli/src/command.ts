import type { ConnectedQuarry } from '@quarry/sdk/node';
import type { Clock } from './clock.ts';
import type { Settings } from './config.ts';
import { usageError } from './errors.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Io } from './io.ts';

/** One option or argument as plain data; `Value` is what the command receives. */
export interface Parameter<Value> {
  /** `--name <value>` for options, `<name>` or `[name...]` for arguments. */
  flags: string;
  description: string;
  parse?: (text: string, name: string) => unknown;
  /** Given any number of times, collected in order. */
  repeatable?: boolean;
  choices?: readonly string[];
  /** Never present: carries the type only. */
  readonly value?: Value;
}

// biome-ignore lint/suspicious/noExplicitAny: any value fits a table of parameters
type Parameters = Record<string, Parameter<any>>;
type ValueOf<P> = P extends Parameter<infer Value> ? Value : never;
export type ValuesOf<P extends Parameters> = { [Name in keyof P]: ValueOf<P[Name]> };

export const text = (flags: string, description: string): Parameter<string | undefined> => ({
  flags,
  description,
});

/** `--name [value]`: true when it is given without a value. */
export const optionalText = (
  flags: `${string}[${string}]`,
  description: string,
): Parameter<string | true | undefined> => ({ flags, description });

export const flag = (flags: string, description: string): Parameter<boolean> => ({ flags, description });

export const texts = (flags: string, description: string): Parameter<string[]> => ({
  flags,
  description,
  repeatable: true,
});

/** A whole number of at least `minimum`. */
export const integer = (flags: string, description: string, minimum = 1): Parameter<number | undefined> => ({
  flags,
  description,
  parse: (given, name) => {
    const number = Number(given);
    if (given.trim() === '' || !Number.isSafeInteger(number) || number < minimum) {
      throw usageError(`${name} takes a whole number of at least ${minimum}, not "${given}".`);
    }
    return number;
  },
});

/** Any finite number. */
export const number = (flags: string, description: string): Parameter<number | undefined> => ({
  flags,
  description,
  parse: (given, name) => {
    const value = Number(given);
    if (given.trim() !== '' && Number.isFinite(value)) {
      return value;
    }
    throw usageError(`${name} takes a number, not "${given}".`);
  },
});

export const choice = <const Choice extends string>(
  flags: string,
  description: string,
  choices: readonly Choice[],
): Parameter<Choice | undefined> => ({
  flags,
  description: `${description} (${choices.join(', ')})`,
  choices,
  parse: (given, name) => {
    if ((choices as readonly string[]).includes(given)) {
      return given;
    }
    throw usageError(`${name} takes one of ${choices.join(', ')}, not "${given}".`);
  },
});

/** Some of a few words, separated by commas. */
export const choices = <const Choice extends string>(
  flags: string,
  description: string,
  words: readonly Choice[],
): Parameter<Choice[] | undefined> => ({
  flags,
  description: `${description} (${words.join(', ')})`,
  choices: words,
  parse: (given, name) => {
    const wanted = given.split(',').map((word) => word.trim());
    if (wanted.every((word) => (words as readonly string[]).includes(word))) {
      return wanted;
    }
    throw usageError(`${name} takes some of ${words.join(', ')}, separated by commas, not "${given}".`);
  },
});

export const argument = (flags: `<${string}>`, description: string): Parameter<string> => ({
  flags,
  description,
});

export const optionalArgument = (
  flags: `[${string}]`,
  description: string,
): Parameter<string | undefined> => ({ flags, description });

/** The last argument, given any number of times; `<x...>` asks for one at least. */
export const argumentsList = (
  flags: `<${string}...>` | `[${string}...]`,
  description: string,
): Parameter<string[]> => ({ flags, description, repeatable: true });

/** Options that every command has. */
export interface GlobalOptions {
  profile: string | undefined;
  baseUrl: string | undefined;
  apiKey: string | undefined;
  timeoutMs: number | undefined;
}

/** One entry of the command list: names and summaries are there so that help loads nothing else. */
export interface CommandEntry {
  path: readonly [string] | readonly [string, string];
  summary: string;
  /** Its last argument is the command line of another program, whose options are none of ours. */
  endsWithCommand?: true;
  load: () => Promise<{ default: Command }>;
}

/** What a command that talks to no platform gets. */
export interface LocalContext {
  io: Io;
  clock: Clock;
  settings: Settings;
  global: GlobalOptions;
  /** Fires at the first Ctrl-C or SIGTERM. */
  signal: AbortSignal;
  /** Gives the command more time to end than usual once it is asked to, in milliseconds. */
  allowToEnd: (milliseconds: number) => void;
  /** All commands, and what the words before the verbs stand for. */
  list: { commands: readonly CommandEntry[]; nouns: Readonly<Record<string, string>> };
  /** Opens the connection that `needs: 'platform'` opens by itself. */
  connect: () => Promise<ConnectedQuarry>;
}

/** What most commands get: a platform to talk to. */
export interface PlatformContext extends LocalContext {
  sdk: ConnectedQuarry;
}

interface Example {
  command: string;
  says: string;
}

interface Definition<Arguments extends Parameters, Options extends Parameters, Data, Context> {
  /** Further paragraphs of help; the one-line summary stands in the list of commands. */
  details?: string;
  arguments?: Arguments;
  options?: Options;
  examples: readonly Example[];
  /** Does the work and returns data; prints nothing but progress and notes. */
  run: (options: ValuesOf<Arguments & Options>, context: Context) => Promise<Data>;
  /** Shows the data to a person. Absent where the work itself is the output. */
  present?: (data: Data, io: Io, options: ValuesOf<Arguments & Options>, clock: Clock) => void;
  /** What `--json=FIELDS` chooses from, where that is neither the data nor its items. */
  fieldsOf?: (data: Data) => unknown;
  /** The exit code when the work was done but did not end well. */
  exitCode?: (data: Data) => ExitCode;
}

/** A command with its types erased, as main and the completion scripts see it. */
export interface Command {
  details?: string;
  arguments: Parameters;
  options: Parameters;
  examples: readonly Example[];
  needs: 'platform' | 'nothing';
  // biome-ignore-start lint/suspicious/noExplicitAny: the types meet again inside the definition
  run: (options: any, context: any) => Promise<any>;
  present?: (data: any, io: Io, options: any, clock: Clock) => void;
  fieldsOf?: (data: any) => unknown;
  exitCode?: (data: any) => ExitCode;
  // biome-ignore-end lint/suspicious/noExplicitAny: as above
}

// biome-ignore lint/complexity/noBannedTypes: no parameters at all is the right default
type None = {};

/** Declares a command that talks to the platform. */
export function defineCommand<Data, Arguments extends Parameters = None, Options extends Parameters = None>(
  definition: Definition<Arguments, Options, Data, PlatformContext>,
): Command {
  return { arguments: {}, options: {}, ...definition, needs: 'platform' };
}

/** Declares a command that works without a platform, or finds its own. */
export function defineLocalCommand<
  Data,
  Arguments extends Parameters = None,
  Options extends Parameters = None,
>(definition: Definition<Arguments, Options, Data, LocalContext>): Command {
  return { arguments: {}, options: {}, ...definition, needs: 'nothing' };
}
