import type { LocalContext, Parameter } from '../command.ts';
import { globalOptions } from '../global-options.ts';
import { topics } from '../help-topics.ts';

/** One option as completion needs it. */
export interface CompletedOption {
  /** `--name`, and `-n` where there is one. */
  names: string[];
  description: string;
  takesValue: boolean;
  choices: readonly string[];
}

export interface CompletedCommand {
  path: readonly string[];
  summary: string;
  options: CompletedOption[];
  /** Words that may follow, where they are known. */
  words: readonly string[];
}

/** Everything that can be typed: loads every command's module. */
export async function describeCommands({
  commands,
  nouns,
}: LocalContext['list']): Promise<CompletedCommand[]> {
  const shared = globalOptions
    .map((make) => make())
    .filter(({ hidden }) => !hidden)
    .map(({ flags, description }) => describeOption({ flags, description }));
  const described = await Promise.all(
    commands.map(async ({ path, summary, load }): Promise<CompletedCommand> => {
      const { options, arguments: given } = (await load()).default;
      return {
        path,
        summary,
        options: [...Object.values(options).map(describeOption), ...shared],
        words: Object.values(given).flatMap(({ choices }) => choices ?? []),
      };
    }),
  );
  const firstWords = [...commands.filter(({ path }) => path.length === 1).map(({ path }) => path[0])];
  const help = {
    path: ['help'],
    summary: 'Show help for a command or a subject',
    options: [],
    words: [...firstWords, ...Object.keys(nouns), ...topics],
  };
  return [...described, help];
}

function describeOption({ flags, description, choices }: Parameter<unknown>): CompletedOption {
  return {
    names: [...flags.matchAll(/--?[\w-]+/g)].map(([name]) => name),
    description,
    takesValue: flags.includes('<'),
    choices: choices ?? [],
  };
}
