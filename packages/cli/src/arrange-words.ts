/** A command line as people type it, in the words and the order that the program reads. */
import { meantBy } from './aliases.ts';
import { operandsOf, separateCommandWords } from './command-words.ts';
import { globalOptions } from './global-options.ts';
import { separateJsonFields } from './json-fields.ts';

/**
 * Puts the command that is meant in the place of words such as `ls` and `cancel`, takes the fields of `--json` apart, and keeps
 * the words of other programs from being read as ours.
 */
export async function arrangeWords(argv: readonly string[]): Promise<string[]> {
  return separateCommandWords(await separateJsonFields(withCommandMeant(argv)));
}

function withCommandMeant(argv: readonly string[]): string[] {
  const places = operandsOf(
    argv,
    globalOptions.map((make) => make()),
  ).slice(0, 2);
  const meant = meantBy(places.map((place) => argv[place]!));
  if (meant === undefined) {
    return [...argv];
  }
  const [first, second] = places;
  return meant.takes === 1
    ? argv.toSpliced(first!, 1, ...meant.path)
    : argv.toSpliced(second!, 1, meant.path[1]!);
}
