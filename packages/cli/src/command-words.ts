/** Command lines of other programs behind ours: what begins with a dash there is theirs. */
import { Option } from 'commander';
import { findCommand } from './commands/index.ts';
import { globalOptions } from './global-options.ts';

/**
 * Puts a `--` before the first word that is not for `quarry`, where a command ends with the command line of another program:
 * `quarry jobs ssh ID tail -n 2 log` means what it means to ssh. Others come back as they were.
 */
export async function separateCommandWords(argv: readonly string[]): Promise<string[]> {
  const words = operandsOf(
    argv,
    globalOptions.map((make) => make()),
  );
  const path = words.slice(0, 2).map((index) => argv[index]!);
  const entry = path.length === 2 ? findCommand(path) : undefined;
  if (entry?.endsWithCommand !== true) {
    return [...argv];
  }
  const { default: command } = await entry.load();
  const own = Object.values(command.options).map(({ flags }) => new Option(flags));
  const ours = path.length + Object.keys(command.arguments).length - 1;
  const first = operandsOf(argv, [...globalOptions.map((make) => make()), ...own])[ours];
  return first === undefined ? [...argv] : [...argv.slice(0, first), '--', ...argv.slice(first)];
}

/** Where the words stand that are neither options nor their values, up to a `--`. */
export function operandsOf(argv: readonly string[], options: readonly Option[]): number[] {
  const found: number[] = [];
  for (let index = 0; index < argv.length && argv[index] !== '--'; index += 1) {
    const word = argv[index]!;
    if (!word.startsWith('-') || word === '-') {
      found.push(index);
    } else if (wantsNextWord(word, options)) {
      index += 1;
    }
  }
  return found;
}

/** Whether the value of an option is the next word: not that of `--name=value` nor of `-nvalue`. */
function wantsNextWord(word: string, options: readonly Option[]): boolean {
  if (word.startsWith('--')) {
    return options.some(({ long, required }) => long === word && required);
  }
  const letters = [...word.slice(1)];
  const taking = letters.findIndex((letter) =>
    options.some((each) => each.short === `-${letter}` && each.required),
  );
  return taking !== -1 && taking === letters.length - 1;
}
