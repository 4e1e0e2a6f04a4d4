import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { meantBy } from './aliases.ts';
import { commands, nouns } from './commands/index.ts';
import { exitCodeMeanings } from './exit-codes.ts';

/** The page, without the blanks that align its tables. */
async function documentation(): Promise<string> {
  const text = await readFile(new URL('../../../docs/cli.md', import.meta.url), 'utf8');
  return text.replaceAll(/ {2,}/g, ' ');
}

test('docs/cli.md has every exit code in the words of the program', async () => {
  const text = await documentation();
  for (const { code, meaning } of exitCodeMeanings) {
    expect(text).toContain(`| ${code} | ${meaning} |`);
  }
});

test('docs/cli.md names every command, and no command that there is not', async () => {
  const text = await documentation();
  for (const { path } of commands) {
    expect(text).toContain(`\`${path.join(' ')}`);
  }
  const known = new Set([...commands.map(({ path }) => path[0]), ...Object.keys(nouns), 'help']);
  for (const [, word] of text.matchAll(/\bquarry ([a-z]+)(?= |`|$)/gm)) {
    expect(known.has(word!) || meantBy([word!]) !== undefined, word).toBe(true);
  }
});
