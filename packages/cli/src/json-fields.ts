/** `--json id,name`: the word behind the switch names fields where it can be nothing else. */
import { Option } from 'commander';
import { operandsOf } from './command-words.ts';
import { findCommand } from './commands/index.ts';
import { globalOptions } from './global-options.ts';

const SWITCH = '--json';
const FIELDS = '--json-fields';

/**
 * `--json=id,name` as two options. `--json` alone takes no value, so that it may stand before any word; a word behind it counts
 * as fields only where the command would otherwise have one too many.
 */
export async function separateJsonFields(argv: readonly string[]): Promise<string[]> {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  const at = argv.findIndex(
    (word, index) => index < end && (word === SWITCH || word.startsWith(`${SWITCH}=`)),
  );
  const given = argv[at];
  if (given === undefined) {
    return [...argv];
  }
  if (given !== SWITCH) {
    return argv.toSpliced(at, 1, SWITCH, FIELDS, given.slice(SWITCH.length + 1));
  }
  const next = argv[at + 1];
  const mayBeFields = at + 1 < end && next !== undefined && !next.startsWith('-');
  if (!mayBeFields || !(await isWordTooMany(argv, at + 1))) {
    return [...argv];
  }
  return argv.toSpliced(at + 1, 1, FIELDS, next);
}

async function isWordTooMany(argv: readonly string[], at: number): Promise<boolean> {
  const global = globalOptions.map((make) => make());
  const without = argv.toSpliced(at, 1);
  const words = operandsOf(without, global).map((index) => without[index]!);
  const entry = findCommand(words.slice(0, 2)) ?? findCommand(words.slice(0, 1));
  if (entry === undefined || entry.endsWithCommand) {
    return false;
  }
  const { default: command } = await entry.load();
  const parameters = Object.values(command.arguments);
  if (parameters.some(({ repeatable }) => repeatable)) {
    return false;
  }
  const own = Object.values(command.options).map(({ flags }) => new Option(flags));
  const operands = operandsOf(argv, [...global, ...own]);
  return operands.includes(at) && operands.length > entry.path.length + parameters.length;
}
