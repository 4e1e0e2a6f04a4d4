import { expect, test } from 'vitest';
import { separateCommandWords } from './command-words.ts';

test.each([
  ['jobs ssh abc tail -n 2 f', 'jobs ssh abc -- tail -n 2 f'],
  ['jobs ssh abc ls', 'jobs ssh abc -- ls'],
  [
    '--json jobs ssh --timeout 5 abc -i key -L 1:h:2 grep --json -q x',
    '--json jobs ssh --timeout 5 abc -i key -L 1:h:2 -- grep --json -q x',
  ],
  ['jobs ssh -ikey abc --identity=key -L1:h:2 ls -i', 'jobs ssh -ikey abc --identity=key -L1:h:2 -- ls -i'],
  ['jobs ssh -qi key -N abc ls', 'jobs ssh -qi key -N abc -- ls'],
  ['--profile jobs jobs ssh abc ls --help', '--profile jobs jobs ssh abc -- ls --help'],
])('%s is %s', async (given, meant) => {
  expect(await separateCommandWords(given.split(' '))).toEqual(meant.split(' '));
});

test.each([
  'jobs ssh abc',
  'jobs ssh abc -- tail -n 2 f',
  'jobs ssh -i key -- abc tail -n 2',
  'jobs ssh --help',
  'jobs tag abc one --remove',
  'jobs',
  '',
  'help jobs ssh x y',
])('"%s" stays', async (given) => {
  expect(await separateCommandWords(given.split(' '))).toEqual(given.split(' '));
});
