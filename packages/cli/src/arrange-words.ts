/** A command line as people type it, in the order that the program reads. */
import { separateCommandWords } from './command-words.ts';
import { separateJsonFields } from './json-fields.ts';

/** Names fields of `--json` apart, and keeps the words of other programs from being read as ours. */
export async function arrangeWords(argv: readonly string[]): Promise<string[]> {
  return separateCommandWords(await separateJsonFields(argv));
}
