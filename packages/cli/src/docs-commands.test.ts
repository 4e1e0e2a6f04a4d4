import { readdir, readFile } from 'node:fs/promises';
import { Argument, Option, Command as Program } from 'commander';
import { describe, expect, test } from 'vitest';
import { arrangeWords } from './arrange-words.ts';
import { findCommand, nouns } from './commands/index.ts';
import { globalOptions } from './global-options.ts';

const ROOT = new URL('../../../', import.meta.url);
const PAGES = [
  'README.md',
  'examples/tutorial/README.md',
  ...(await readdir(new URL('docs/', ROOT)))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
].toSorted();

/** Variables that every shell has. */
const OF_SHELLS = new Set(['HOME', 'PATH', 'USER', 'PWD']);

interface Line {
  /** What stands on the page. */
  text: string;
  /** A command to be typed, and not only named in a sentence. */
  isWhole: boolean;
}

const texts = new Map(
  await Promise.all(PAGES.map(async (page) => [page, await readFile(new URL(page, ROOT), 'utf8')] as const)),
);

describe.each(PAGES)('%s', (page) => {
  const text = texts.get(page)!;
  const lines = [...inBlocks(text), ...inSentences(text)];

  test('names only commands, options and arguments that there are', async () => {
    for (const { text: line, isWhole } of lines) {
      expect(await problemOf(wordsOf(line), isWhole), line).toBeNull();
    }
  });

  test('uses no variable in a shell that it has not set', () => {
    const set = new Set(OF_SHELLS);
    for (const block of shellBlocks(text)) {
      // What stands between single quotes is another program's, but for what leaves them.
      const shown = block.replaceAll(/<<'(\w+)'[\s\S]*?\n\1\n/g, '').replaceAll(/'[^']*'/g, "''");
      for (const [, assigned, used] of shown.matchAll(/\b([A-Za-z_]\w*)=(?=\S)|\$\{?([A-Za-z_]\w*)/g)) {
        if (assigned !== undefined) {
          set.add(assigned);
        } else {
          expect(set, `$${used} in:\n${block}`).toContain(used);
        }
      }
    }
  });
});

/** Blocks of commands; those without a language count where `quarry` begins a line of them. */
function shellBlocks(text: string): string[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)]
    .filter(
      ([, language, block]) =>
        ['sh', 'bash'].includes(language!) || (language === '' && /^(?:npx )?quarry /m.test(block!)),
    )
    .map(([, , block]) => block!);
}

function inBlocks(text: string): Line[] {
  return shellBlocks(text).flatMap((block) =>
    block
      .replaceAll(/\\\n\s*/g, ' ')
      .split('\n')
      .flatMap((line) =>
        [...line.matchAll(/(?:^|[|;(&]\s*|\$\()\s*(?:npx )?quarry (.*)$/g)].map(([, rest]) => rest!),
      )
      .map((line) => ({ text: line, isWhole: true })),
  );
}

function inSentences(text: string): Line[] {
  const prose = text.replaceAll(/^```[\s\S]*?^```/gm, '');
  return [...prose.matchAll(/`(?:npx )?quarry ([^`]+)`/g)].map(([, line]) => ({
    text: line!.replaceAll(/\s+/g, ' ').replaceAll('\\|', '|'),
    isWhole: false,
  }));
}

/** The words of the first simple command, as a shell would split them. */
function wordsOf(line: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  for (const [piece] of line.matchAll(
    /'[^']*'|"(?:\\.|[^"\\])*"|\\.|\s+|\$\([^)]*\)|[|;&<>)#…]|[^\s'"\\|;&<>)#$…]+|\$/g,
  )) {
    if (/^\s/.test(piece)) {
      words.push(...(word === null ? [] : [word]));
      word = null;
    } else if (/^[|;&<>)…]$/.test(piece) || (piece === '#' && word === null)) {
      break;
    } else {
      word = (word ?? '') + (/^['"]/.test(piece) ? piece.slice(1, -1) : piece);
    }
  }
  return word === null ? words : [...words, word];
}

/** What is wrong with a command line; null for nothing. */
async function problemOf(typed: readonly string[], isWhole: boolean): Promise<string | null> {
  if (typed.length === 0 || typed[0] === 'help' || typed[0]!.startsWith('-')) {
    return null;
  }
  const words = await arrangeWords(typed);
  const entry = findCommand(words.slice(0, 2)) ?? findCommand(words.slice(0, 1));
  if (entry === undefined) {
    return !isWhole && words.length === 1 && words[0]! in nouns
      ? null
      : `no command ${words.slice(0, 2).join(' ')}`;
  }
  const { default: command } = await entry.load();
  const program = new Program().exitOverride().configureOutput({ outputError: () => {}, writeErr: () => {} });
  for (const make of globalOptions) {
    program.addOption(make());
  }
  for (const { flags, parse } of Object.values(command.options)) {
    const option = new Option(flags);
    program.addOption(parse ? option.argParser((given) => parse(given, option.long ?? flags)) : option);
  }
  for (const { flags } of Object.values(command.arguments)) {
    program.addArgument(new Argument(isWhole ? flags : flags.replace('<', '[').replace('>', ']')));
  }
  try {
    program.action(() => {}).parse(words.slice(entry.path.length), { from: 'user' });
    return null;
  } catch (error) {
    const { message } = error as Error;
    // A sentence may name an option without its value.
    return !isWhole && /argument missing/.test(message) ? null : message;
  }
}
