import { Option } from 'commander';
import { usageError } from './errors.ts';

/** What every command takes, in one place for the program and for the completion scripts. */
export const globalOptions: readonly (() => Option)[] = [
  () =>
    new Option(
      '--json',
      'print one JSON value on standard output, or with --json=FIELDS some fields; errors as JSON on standard error',
    ),
  () => new Option('--json-fields <fields>', 'what --json=FIELDS becomes').hideHelp(),
  () =>
    new Option('--jq <program>', 'print what this jq program makes of the JSON value, texts without quotes'),
  () => new Option('--profile <name>', 'the saved profile to use (see `quarry auth login`)'),
  () => new Option('--base-url <url>', 'address of the platform, such as http://127.0.0.1:8080'),
  () => new Option('--api-key <key>', 'API key; safer in the environment as RESCALE_API_KEY'),
  () =>
    new Option('--timeout <seconds>', 'give up on one request after this long').argParser((given) => {
      const seconds = Number(given);
      if (!(seconds > 0)) {
        throw usageError(`--timeout takes seconds, such as 30, not "${given}".`);
      }
      return seconds;
    }),
  () => new Option('-q, --quiet', 'no progress and no notes, only the answer'),
  () => new Option('--verbose', 'more about what is going on'),
  () => new Option('--no-color', 'no colours (also NO_COLOR=1; FORCE_COLOR=1 for the opposite)'),
];
