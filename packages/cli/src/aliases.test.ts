import { expect, test } from 'vitest';
import { runQuarry } from '../testing/run-quarry.ts';
import { arrangeWords } from './arrange-words.ts';
import { findCommand } from './commands/index.ts';

test.each([
  ['ls', 'jobs list'],
  ['--json ls --limit 3', '--json jobs list --limit 3'],
  ['logs -f abcDEF', 'jobs logs -f abcDEF'],
  ['cancel abcDEF', 'jobs stop abcDEF'],
  ['--profile lab submit run.sh', '--profile lab jobs submit run.sh'],
  ['ssh abcDEF ls -l', 'jobs ssh abcDEF -- ls -l'],
  ['jobs ls', 'jobs list'],
  ['jobs rm abcDEF', 'jobs delete abcDEF'],
  ['jobs cancel abcDEF', 'jobs stop abcDEF'],
  ['files rm abcDEF', 'files delete abcDEF'],
  ['keys rm abcDEF', 'keys revoke abcDEF'],
  ['storage list', 'storage list'],
  ['storage delete abcDEF', 'storage rm abcDEF'],
  ['users add ann@lab.example', 'users create ann@lab.example'],
  ['whoami', 'auth status'],
])('%s means %s', async (given, meant) => {
  expect(await arrangeWords(given.split(' '))).toEqual(meant.split(' '));
  const words = meant.split(' ').filter((word) => !word.startsWith('-') && word !== 'lab');
  expect(findCommand(words.slice(0, 2)), meant).toBeDefined();
});

test.each(['jobs', 'jobs list', 'help ls', 'serve ls', 'sweep ls', 'nothing ls', 'jobs nothing', '-- ls'])(
  '"%s" stays',
  async (given) => {
    expect(await arrangeWords(given.split(' '))).toEqual(given.split(' '));
  },
);

test('a word that may mean several commands is answered with them', async () => {
  const { exitCode, stderr } = await runQuarry(['rm', 'abcDEF']);
  expect([exitCode, stderr]).toEqual([
    2,
    'error: There is no command "rm".\nDid you mean `quarry jobs delete` or `quarry files delete`?\n',
  ]);
});
