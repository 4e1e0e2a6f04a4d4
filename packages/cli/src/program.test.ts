import { describe, expect, test } from 'vitest';
import { runQuarry } from '../testing/run-quarry.ts';
import { startSmallPlatform } from '../testing/small-platform.ts';
import { separateCommandWords } from './command-words.ts';
import { commands } from './commands/index.ts';
import { exitCodeMeanings } from './exit-codes.ts';
import { version } from './version.ts';

describe('the command line', () => {
  test('says its version', async () => {
    expect(await runQuarry(['--version'])).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
  });

  test('shows its help when called without anything', async () => {
    const { exitCode, stdout } = await runQuarry([]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('quarry demo');
  });

  test.each(commands.map(({ path }) => [path.join(' ')]))('has help with examples for %s', async (path) => {
    const asked = await runQuarry(['help', ...path.split(' ')]);
    expect(asked.exitCode).toBe(0);
    expect(asked.stdout).toContain(`Usage: quarry ${path}`);
    expect(asked.stdout).toMatch(/Examples:\n {2}# .+\n {2}.*quarry /);
    expect(await runQuarry([...path.split(' '), '--help'])).toEqual(asked);
  });

  test.each(commands.map(({ path, load }) => [path.join(' '), load] as const))(
    'shows in the examples of %s only options that exist',
    async (path, load) => {
      const { stdout } = await runQuarry(['help', ...path.split(' ')]);
      const known = new Set(stdout.split('Examples:')[0]!.match(/--?[a-z][\w-]*/g));
      for (const { command } of (await load()).default.examples) {
        const line = /quarry ([^|&"]*)/.exec(command.replaceAll(/'[^']*'/g, 'x'))?.[1] ?? '';
        const own = (await separateCommandWords(line.split(' '))).join(' ').split(' -- ')[0]!;
        for (const option of own.match(/(?<=\s)--?[a-z][\w-]*/g) ?? []) {
          expect(known, command).toContain(option);
        }
      }
    },
  );

  test('documents every exit code', async () => {
    const { stdout } = await runQuarry(['help', 'exit-codes']);
    for (const { code, meaning } of exitCodeMeanings) {
      expect(stdout).toContain(`${code}  ${meaning}`);
    }
  });
});

describe('a mistake on the command line', () => {
  test.each([
    [['job', 'list'], 'There is no command "job".\nDid you mean jobs?'],
    [['jobs', 'lst'], "Unknown command 'lst'.\nDid you mean list?"],
    [['jobs', 'list', '--sarch', 'x'], "Unknown option '--sarch'.\nDid you mean --search?"],
    [['jobs', 'show'], "Missing required argument 'job'."],
    [['jobs', 'list', '--limit', 'many'], '--limit takes a whole number of at least 1, not "many".'],
    [['jobs', 'list', '--state', 'done'], '--state takes one of completed, not_completed, not "done".'],
    [['completion', 'tcsh'], '<shell> takes one of bash, zsh, fish, not "tcsh".'],
    [['jobs', 'list', '--timeout', 'soon'], '--timeout takes seconds, such as 30, not "soon".'],
    [['help', 'jobs', 'sumbit'], 'There is no command or subject "jobs sumbit".'],
  ])('%j is told with exit code 2', async (argv, words) => {
    const { exitCode, stdout, stderr } = await runQuarry(argv);
    expect(stderr).toContain(words);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  });

  test('is one line of JSON on stderr with --json', async () => {
    const { exitCode, stdout, stderr } = await runQuarry(['jobs', 'lst', '--json']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(JSON.parse(stderr).error).toMatchObject({ code: 'usage', message: "Unknown command 'lst'." });
  });

  test('has the warnings inside the one JSON value with --json', async () => {
    await using platform = await startSmallPlatform({});
    const argv = ['jobs', 'list', '--json', '--api-key', 'x', '--base-url', platform.url];
    const { error, warnings } = JSON.parse((await runQuarry(argv)).stderr);
    expect(error.status).toBe(404);
    expect(warnings).toEqual([expect.stringContaining('a key on the command line can be seen')]);
  });

  test('shows the verbs when only a noun is given', async () => {
    const { exitCode, stderr } = await runQuarry(['files']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('download');
  });
});

describe('without a platform', () => {
  test('says how to get one, with exit code 3', async () => {
    const { exitCode, stderr } = await runQuarry(['jobs', 'list']);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('quarry serve');
    expect(stderr).toContain('quarry auth login');
  });

  test('warns of a key on the command line', async () => {
    await using platform = await startSmallPlatform({});
    const { stderr } = await runQuarry(['jobs', 'list', '--api-key', 'x', '--base-url', platform.url]);
    expect(stderr).toContain('warning: a key on the command line can be seen');
  });

  test('login does not send the key of the environment to another address than that of the environment', async () => {
    await using platform = await startSmallPlatform({});
    await using other = await startSmallPlatform({});
    const argv = ['auth', 'login', '--base-url', other.url];
    const { exitCode, stderr } = await runQuarry(argv, platform);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('There is no terminal to ask');
    expect(other.requests).toEqual([]);
  });

  test('login asks nothing when there is no terminal', async () => {
    const { exitCode, stderr } = await runQuarry(['auth', 'login']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('There is no terminal to ask');
  });
});

describe('completion', () => {
  test.each(['bash', 'zsh', 'fish'])('for %s knows commands, options and choices', async (shell) => {
    const { exitCode, stdout } = await runQuarry(['completion', shell]);
    expect(exitCode).toBe(0);
    for (const word of ['submit', 'coretypes', 'dry-run', 'not_completed', 'exit-codes']) {
      expect(stdout).toContain(word);
    }
  });
});
