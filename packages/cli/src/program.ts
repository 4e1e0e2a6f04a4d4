import { Argument, Option, Command as Program } from 'commander';
import { mayMean } from './aliases.ts';
import type { Clock } from './clock.ts';
import type { Command, GlobalOptions, LocalContext, Parameter, PlatformContext } from './command.ts';
import { commands, findCommand, nouns } from './commands/index.ts';
import type { Settings } from './config.ts';
import { type CliError, usageError } from './errors.ts';
import { EXIT } from './exit-codes.ts';
import { globalOptions } from './global-options.ts';
import { describeTopic, topics } from './help-topics.ts';
import type { Io } from './io.ts';
import { withJobIds } from './job-names.ts';
import { nearest } from './nearest.ts';
import { printError, printJson } from './output/json.ts';
import { version } from './version.ts';

export interface ProgramSurroundings {
  io: Io;
  settings: Settings;
  clock: Clock;
  signal: AbortSignal;
  allowToEnd?: (milliseconds: number) => void;
  /** Where the exit code of the command ends up. */
  state: { exitCode: number };
}

/** Builds the command tree from the list of commands; a command's own module loads when it is called. */
export function buildProgram(around: ProgramSurroundings): Program {
  const program = configure(new Program('quarry'), around.io)
    .description('Compute jobs on a platform that speaks the Rescale REST API: your own, or any other.')
    .version(version, '--version', 'Print the version')
    .addHelpText('after', helpFooter());
  for (const option of globalOptions) {
    program.addOption(option());
  }
  program.allowExcessArguments(true).action(() => {
    const [unknown] = program.args;
    if (unknown === undefined) {
      program.outputHelp();
    } else {
      throw unknownCommand(unknown, program);
    }
  });

  const parents = new Map<string, Program>();
  for (const entry of commands) {
    const verb = entry.path.at(-1)!;
    const parent =
      entry.path.length === 1 ? program : nounProgram(entry.path[0], program, parents, around.io);
    parent.addCommand(configure(new Program(verb), around.io).description(entry.summary));
  }
  program.addCommand(helpCommand(program, around));

  const loadBeforeDispatch = async (_parent: Program, child: Program) => {
    const entry = findCommand(pathOf(child));
    if (entry) {
      applyDefinition(child, (await entry.load()).default, around);
    }
  };
  for (const parent of [program, ...parents.values()]) {
    parent.hook('preSubcommand', loadBeforeDispatch);
  }
  return program;
}

function unknownCommand(word: string, program: Program): CliError {
  const meanings = mayMean(word);
  if (meanings.length > 0) {
    return usageError(
      `There is no command "${word}".`,
      `Did you mean ${meanings.map((each) => `\`quarry ${each}\``).join(' or ')}?`,
    );
  }
  const near = nearest(
    word,
    program.commands.map((command) => command.name()),
  );
  return usageError(
    `There is no command "${word}".`,
    `${near ? `Did you mean ${near}?\n` : ''}See \`quarry help\` for the commands.`,
  );
}

/** Prints what commander found wrong with the command line; help and version are no failures. */
export function reportParseFailure(error: Error & { code: string; exitCode: number }, io: Io): number {
  if (error.code === 'commander.version' || error.code === 'commander.helpDisplayed') {
    return EXIT.ok;
  }
  if (error.code === 'commander.help') {
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  const [message = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  printError(io, {
    code: 'usage',
    message: `${message.charAt(0).toUpperCase()}${message.slice(1)}${/[.?!]$/.test(message) ? '' : '.'}`,
    hint: [...rest.map((line) => line.replace(/^\((.*)\)$/, '$1')), 'See `quarry help` for the commands.']
      .filter(Boolean)
      .join('\n'),
  });
  return EXIT.usage;
}

function configure(program: Program, io: Io): Program {
  return program
    .exitOverride()
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .showHelpAfterError(false)
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      // Failures are thrown and printed by main; only help for a noun without its verb comes this way.
      writeErr: (text) => {
        if (!text.startsWith('error:')) {
          io.stderr.write(text);
        }
      },
      outputError: () => undefined,
      getOutHelpWidth: () => io.width ?? 100,
      getErrHelpWidth: () => io.stderr.columns || 100,
      getOutHasColors: () => io.style('bold', 'x') !== 'x',
      getErrHasColors: () => io.styleError('bold', 'x') !== 'x',
    })
    .configureHelp({
      showGlobalOptions: true,
      styleTitle: (title) => io.style('bold', title),
    });
}

function nounProgram(noun: string, program: Program, parents: Map<string, Program>, io: Io): Program {
  const known = parents.get(noun);
  if (known) {
    return known;
  }
  const parent = configure(new Program(noun), io).description(nouns[noun]!);
  parents.set(noun, parent);
  program.addCommand(parent);
  return parent;
}

function pathOf(program: Program): string[] {
  const names: string[] = [];
  for (let at: Program | null = program; at?.parent; at = at.parent) {
    names.unshift(at.name());
  }
  return names;
}

/** Gives a command of the tree its parameters, its help and its action. */
function applyDefinition(program: Program, command: Command, around: ProgramSurroundings): void {
  for (const parameter of Object.values(command.arguments)) {
    program.addArgument(toArgument(parameter));
  }
  const options = new Map<string, Option>();
  for (const [name, parameter] of Object.entries(command.options)) {
    const option = toOption(parameter);
    options.set(name, option);
    program.addOption(option);
  }
  if (command.details) {
    program.description(`${program.description()}.\n\n${command.details}`);
  }
  program.addHelpText('after', renderExamples(command));
  program.action(async () => {
    const values: Record<string, unknown> = {};
    for (const [index, [name, parameter]] of Object.entries(command.arguments).entries()) {
      values[name] = program.processedArgs[index] ?? (parameter.repeatable ? [] : undefined);
    }
    for (const [name, option] of options) {
      const given = program.getOptionValue(option.attributeName());
      values[name] = given ?? valueUnlessGiven(option, command.options[name]!);
    }
    await perform(command, values, program.optsWithGlobals(), around);
  });
}

/** `--no-x` is there to make `x` false. */
function valueUnlessGiven(option: Option, { repeatable }: Parameter<unknown>): unknown {
  if (repeatable) {
    return [];
  }
  if (option.negate) {
    return true;
  }
  return option.isBoolean() ? false : undefined;
}

async function perform(
  command: Command,
  values: Record<string, unknown>,
  given: Record<string, unknown>,
  { io, clock, settings, signal, allowToEnd, state }: ProgramSurroundings,
): Promise<void> {
  const global: GlobalOptions = {
    profile: given.profile as string | undefined,
    baseUrl: given.baseUrl as string | undefined,
    apiKey: given.apiKey as string | undefined,
    timeoutMs: given.timeout === undefined ? undefined : (given.timeout as number) * 1000,
  };
  if (global.apiKey !== undefined) {
    io.warn(
      'a key on the command line can be seen by other users of this machine; RESCALE_API_KEY is safer.',
    );
  }
  if (given.jsonFields !== undefined || given.jq !== undefined) {
    const { readShape } = await import('./output/shape.ts');
    const [fields, jq] = [given.jsonFields, given.jq] as (string | undefined)[];
    io.shape = await readShape({ fields, jq });
  }
  const context: LocalContext = {
    io,
    clock,
    settings,
    global,
    signal,
    allowToEnd: (milliseconds) => allowToEnd?.(milliseconds),
    list: { commands, nouns },
    connect: async () => (await import('./connection.ts')).openConnection(context),
  };
  const { complete, wanted } = await completeContext(command, values, context);
  const data = await command.run(wanted, complete);
  if (io.json) {
    if (data !== undefined) {
      printJson(io, command.fieldsOf && given.jsonFields !== undefined ? command.fieldsOf(data) : data);
    }
    io.checkShape();
  } else {
    command.present?.(data, io, wanted, clock);
  }
  state.exitCode = command.exitCode?.(data) ?? EXIT.ok;
}

/** The connection that a command needs, and its values with jobs by their ids. */
async function completeContext(
  command: Command,
  values: Record<string, unknown>,
  context: LocalContext,
): Promise<{ complete: LocalContext | PlatformContext; wanted: Record<string, unknown> }> {
  if (command.needs === 'nothing') {
    return { complete: context, wanted: values };
  }
  const { io, signal } = context;
  const sdk = await context.connect();
  const wanted = await withJobIds({ ...command.arguments, ...command.options }, values, { sdk, io, signal });
  return { complete: { ...context, sdk }, wanted };
}

function toOption(parameter: Parameter<unknown>): Option {
  const option = new Option(parameter.flags, parameter.description);
  const name = option.long ?? parameter.flags;
  if (parameter.repeatable) {
    option.argParser<unknown[]>((given, previous) => [
      ...(previous ?? []),
      parameter.parse ? parameter.parse(given, name) : given,
    ]);
  } else if (parameter.parse) {
    const parse = parameter.parse;
    option.argParser((given) => parse(given, name));
  }
  return option;
}

function toArgument(parameter: Parameter<unknown>): Argument {
  const argument = new Argument(parameter.flags, parameter.description);
  if (parameter.parse) {
    const parse = parameter.parse;
    argument.argParser((given) => parse(given, parameter.flags));
  }
  return argument;
}

function renderExamples(command: Command): string {
  const lines = command.examples.flatMap(({ command: line, says }) => [`  # ${says}`, `  ${line}`, '']);
  return `\nExamples:\n${lines.join('\n').trimEnd()}`;
}

function helpFooter(): string {
  return [
    '',
    'Start here:',
    '  quarry demo                     # one real job, from the upload to the verified outputs',
    '  quarry serve                    # a platform of your own on this machine',
    '  quarry help jobs submit         # help with examples for one command',
    '',
    `More: ${topics.map((topic) => `quarry help ${topic}`).join(', ')}`,
  ].join('\n');
}

function helpCommand(program: Program, around: ProgramSurroundings): Program {
  return configure(new Program('help'), around.io)
    .description('Show help for a command or a subject')
    .argument('[subject...]', `a command, or one of: ${topics.join(', ')}`)
    .action(async (subject: string[]) => {
      const topic = subject.length === 1 ? describeTopic(subject[0]!) : undefined;
      if (topic) {
        around.io.print(topic);
      } else if (subject.length === 0) {
        program.outputHelp();
      } else {
        await showHelpOf(subject, program, around);
      }
    });
}

async function showHelpOf(path: string[], program: Program, around: ProgramSurroundings): Promise<void> {
  let at = program;
  for (const name of path) {
    const child = at.commands.find((candidate) => candidate.name() === name);
    if (!child) {
      throw usageError(
        `There is no command or subject "${path.join(' ')}".`,
        'See `quarry help` for a list.',
      );
    }
    at = child;
  }
  const entry = findCommand(path);
  if (entry) {
    applyDefinition(at, (await entry.load()).default, around);
  }
  at.outputHelp();
}
