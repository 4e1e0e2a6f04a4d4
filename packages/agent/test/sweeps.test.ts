// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are templates.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { RunTile } from '@quarry/contract';
import { expect, test } from 'vitest';
import { type FinishedRun, logTexts, TestPlatform } from './platform.ts';

function namesOf(run: FinishedRun): string[] {
  return run.outputs.map(({ relativePath }) => relativePath);
}

function tileWith(
  platform: TestPlatform,
  parts: { template?: string; into?: string; pre?: string; post?: string },
) {
  const { template, into = 'case.in', pre, post } = parts;
  const tile: Partial<RunTile> = {};
  if (template !== undefined) {
    tile.templates = [{ file: platform.input('case.tmpl', template), processedFilename: into }];
  }
  if (pre !== undefined) {
    tile.preProcess = { file: platform.input('pre.sh', pre), command: './pre.sh' };
  }
  if (post !== undefined) {
    tile.postProcess = { file: platform.input('post.sh', post), command: 'bash post.sh' };
  }
  return tile;
}

const VARIABLES: [string, string][] = [
  ['speed', '12.5'],
  ['name', 'wing A'],
];

test('a run renders its template, runs its scripts around the command and returns what they print', async () => {
  await using platform = await new TestPlatform().start();
  const tile = {
    ...tileWith(platform, {
      template: '#!/bin/bash\necho solving ${name} at ${speed?string("0.00")}\necho 0.31 > result',
      into: 'bin/deep/solve',
      pre: '#!/bin/bash\necho preparing; echo mesh > mesh',
      post: 'echo reading; printf "Cd\\t%s\\n" "$(cat result)"; printf "  Cl \\t -1.5e-2 \\r\\n"; echo to stderr >&2',
    }),
    command: 'cat mesh; bin/deep/solve',
  };
  const run = await platform.run([tile], { variables: VARIABLES });
  expect(run).toMatchObject({ outcome: 'success', exitCode: 0, failure: null });
  expect(run.variables).toEqual([
    { name: 'Cd', value: 0.31 },
    { name: 'Cl', value: -0.015 },
  ]);
  expect(namesOf(run)).toEqual(['mesh', 'result', 'process_output.log']);
  expect(statSync(join(run.directory, 'home/work/bin/deep/solve')).mode & 0o777).toBe(0o755);
  const work = join(run.directory, 'home/work');
  const texts = logTexts(run.log);
  expect(texts.slice(0, 9)).toEqual([
    `Launching ./pre.sh, Working dir: ${work}.  Process output follows:`,
    'preparing',
    'Exited with code 0',
    '',
    `Launching cat mesh; bin/deep/solve, Working dir: ${work}.  Process output follows:`,
    'mesh',
    'solving wing A at 12.50',
    'Exited with code 0',
    '',
  ]);
  expect(texts.slice(9).toSorted()).toEqual(
    [
      `Launching bash post.sh, Working dir: ${work}.  Process output follows:`,
      ...['reading', 'Cd\t0.31', '  Cl \t -1.5e-2 \r', 'to stderr', 'Exited with code 0', ''],
    ].toSorted(),
  );
  expect(platform.events.filter(({ type }) => type === 'tile_exited')).toHaveLength(1);
});

test('commands and scripts find the values of their run in the environment, but none in the place of what is there', async () => {
  await using platform = await new TestPlatform().start();
  const tile = {
    ...tileWith(platform, { post: 'echo "$QUARRY_PARAM_speed" > post.txt' }),
    command: 'echo "$speed|$name|$QUARRY_PARAM_PATH|$QUARRY_PARAM_own|$own"; command -v cat',
    environment: { own: 'of the tile' },
  };
  const variables: [string, string][] = [...VARIABLES, ['PATH', '/nowhere'], ['own', 'of the run']];
  const run = await platform.run([tile], { variables });
  expect(run.outcome).toBe('success');
  expect(logTexts(run.log).slice(1, 3)).toEqual([
    '12.5|wing A|/nowhere|of the run|of the tile',
    '/usr/bin/cat',
  ]);
  expect(readFileSync(join(run.directory, 'home/work/post.txt'), 'utf8')).toBe('12.5\n');
});

test('a batch of runs shares its plan, and each run has its own values', async () => {
  await using platform = await new TestPlatform({ slots: 2 }).start();
  const tile = {
    ...tileWith(platform, { template: '${speed}', post: 'printf "twice\\t$(( $(cat case.in) * 2 ))\\n"' }),
  };
  const assigned = Array.from({ length: 20 }, (_, index) =>
    platform.assign([tile], { variables: [['speed', String(index)]] }),
  );
  const ended = await Promise.all(assigned.map(({ runId }) => platform.finished(runId)));
  expect(ended.map(({ variables }) => variables)).toEqual(
    assigned.map((_, index) => [{ name: 'twice', value: index * 2 }]),
  );
});

test('a template that the server keeps is fetched with the token, once for all runs', async () => {
  await using platform = await new TestPlatform().start();
  platform.files.set('/files/template', Buffer.from('v=${speed}'));
  const url = `${platform.cluster.serverUrl}/files/template`;
  const file = platform.input('case.tmpl', 'v=${speed}', { path: null, url });
  const tile = { command: 'cat case.in', templates: [{ file, processedFilename: 'case.in' }] };
  const first = await platform.run([tile], { variables: VARIABLES });
  platform.files.delete('/files/template');
  const second = await platform.run([tile], { variables: [['speed', '2']] });
  expect([first, second].map(({ log }) => logTexts(log)[1])).toEqual(['v=12.5', 'v=2']);
  expect(namesOf(second)).toEqual(['process_output.log']);
});

test('a rendered file overrides an input and a file of an archive, and is an output when the command changes it', async () => {
  await using platform = await new TestPlatform().start();
  const folder = join(platform.directory, 'made');
  mkdirSync(join(folder, 'case/0'), { recursive: true });
  execFileSync('bash', ['-c', 'echo old > case/0/U; ln -s 0 case/start; tar cf ../case.tar case'], {
    cwd: folder,
  });
  const archive = readFileSync(join(platform.directory, 'case.tar'));
  const file = platform.input('U.tmpl', 'U ${speed}\n');
  const templates = ['case/0/U', './case//start/p', 'plain', 'touched'].map((processedFilename) => ({
    file,
    processedFilename,
  }));
  const run = await platform.run(
    [{ templates, command: 'cat case/0/U case/0/p plain; echo x >> plain; touch touched' }],
    {
      variables: VARIABLES,
      inputs: [platform.input('case.tar', archive), platform.input('plain', 'as an input')],
    },
  );
  expect(logTexts(run.log).slice(1, 4)).toEqual(['U 12.5', 'U 12.5', 'U 12.5']);
  expect(namesOf(run)).toEqual(['plain', 'process_output.log']);
});

test.each([
  ['../out', 'leads upwards with ..'],
  ['a/../../out', 'leads upwards with ..'],
  ['/tmp/out', 'is an absolute path'],
  ['', 'names no file'],
  ['dir/', 'names no file'],
  ['a\0b', 'has a NUL'],
  ['process_output.log', 'belongs to the platform'],
  ['away/out', 'leaves the work directory through the link away'],
  ['plain/out', 'passes through plain, which is no directory'],
  ['folder', 'is a directory'],
])('the name %j of a rendered file is refused: it %s', async (into, words) => {
  await using platform = await new TestPlatform().start();
  const outside = join(platform.directory, 'outside');
  mkdirSync(outside);
  // A tile before can do what no archive may.
  const prepare = `ln -s ${outside} away; mkdir folder; echo x > plain`;
  const run = await platform.run([prepare, tileWith(platform, { template: 'x', into })]);
  expect(run).toMatchObject({ outcome: 'failed', failure: { code: 'template_unsafe' } });
  expect(run.failure!.message).toContain(words);
  expect(existsSync(join(outside, 'out'))).toBe(false);
});

test('a link at the place of a rendered file or of a script is replaced, not followed', async () => {
  await using platform = await new TestPlatform().start();
  const target = join(platform.directory, 'target');
  const prepare = `echo kept > ${target}; ln -s ${target} case.in; ln -s ${target} post.sh`;
  const run = await platform.run([prepare, tileWith(platform, { template: 'new', post: 'cat case.in' })]);
  expect(run.outcome).toBe('success');
  expect(logTexts(run.log)).toContain('new');
  expect(readFileSync(target, 'utf8')).toBe('kept\n');
});

test('a template that names no variable or formats a text fails the run with file, line and column', async () => {
  await using platform = await new TestPlatform().start();
  const missing = await platform.run([tileWith(platform, { template: 'a\n b ${sped} ${name}\n${mach}' })], {
    variables: VARIABLES,
  });
  expect(missing).toMatchObject({ outcome: 'failed', exitCode: null, failure: { code: 'template_failed' } });
  expect(missing.failure!.message).toBe(
    'The template case.tmpl cannot be rendered: line 2, column 6: there is no variable sped.',
  );
  expect(missing.failure!.hint).toContain('The variables are speed, name.');
  expect(missing.failure!.hint).toContain('Without a variable are also mach (line 3, column 3).');
  expect(missing.log).toContain('there is no variable sped');
  const text = await platform.run([tileWith(platform, { template: '${name?string("0.0")}' })], {
    variables: VARIABLES,
  });
  expect(text.failure!.message).toContain('line 1, column 15: the value "wing A" of name is no number');
  const broken = await platform.run([tileWith(platform, { template: '${name' })], { variables: VARIABLES });
  expect(broken.failure).toMatchObject({ code: 'template_failed' });
});

test('a pre-process script that fails ends the run before the command, a post-process script after it', async () => {
  await using platform = await new TestPlatform().start();
  const pre = await platform.run([
    {
      ...tileWith(platform, { pre: '#!/bin/bash\necho no mesh; exit 4', post: 'echo never' }),
      command: 'echo never',
    },
  ]);
  expect(pre).toMatchObject({ outcome: 'failed', exitCode: 4, failure: { code: 'pre_process_failed' } });
  expect(pre.failure!.message).toBe('The pre-process script of tile 1 ended with exit code 4.');
  expect(pre.failure!.hint).toContain('no mesh');
  expect(pre.log).not.toContain('never');
  expect(platform.events.some(({ type }) => type === 'tile_exited')).toBe(false);
  const post = await platform.run([
    {
      ...tileWith(platform, { post: 'printf "Cd\\t1\\n"; echo no result; kill -KILL $$' }),
      command: 'echo solved',
    },
    'echo never',
  ]);
  expect(post).toMatchObject({ outcome: 'failed', exitCode: 137, failure: { code: 'post_process_failed' } });
  expect(post.failure!.hint).toContain('no result');
  expect(post.variables).toEqual([{ name: 'Cd', value: 1 }]);
  const command = await platform.run([{ ...tileWith(platform, { post: 'echo never' }), command: 'exit 3' }]);
  expect(command).toMatchObject({ exitCode: 3, failure: { code: 'command_failed' } });
  expect(command.log).not.toContain('post.sh');
});

test('a script without a command is executed itself, a command without a file is just run', async () => {
  await using platform = await new TestPlatform().start();
  const file = platform.input("it's pre.sh", '#!/bin/bash\necho pre $TILE');
  const run = await platform.run([
    {
      preProcess: { file, command: '' },
      postProcess: { file: null, command: 'printf "a\\t1\\n"; echo $TILE >&2' },
      environment: { TILE: 'of one' },
    },
  ]);
  expect(logTexts(run.log)).toEqual(expect.arrayContaining(['pre of one', 'of one']));
  expect(run.variables).toEqual([{ name: 'a', value: 1 }]);
  expect(namesOf(run)).toEqual(['process_output.log']);
});

test('a script with the name of another input, or with a name that is a path, is refused', async () => {
  await using platform = await new TestPlatform().start();
  const tile = tileWith(platform, { pre: 'true' });
  const conflict = await platform.run([tile], { inputs: [platform.input('pre.sh', 'other')] });
  expect(conflict.failure).toMatchObject({ code: 'input_conflict' });
  const same = await platform.run([tile], { inputs: [platform.input('pre.sh', 'true')] });
  expect(same.outcome).toBe('success');
  const file = platform.input('../pre.sh', 'true');
  const path = await platform.run([{ preProcess: { file, command: 'true' } }]);
  expect(path.failure).toMatchObject({ code: 'input_unsafe' });
});

test.each([
  [
    'Cl\\t0.5\\nx\\n  Cd \\t  n/a\\n',
    'output_not_a_number',
    '"n/a" for "Cd", which is no finite number: line 3, column 9',
  ],
  ['Cl\\t0.5\\nCd\\tnan', 'output_not_a_number', 'line 2, column 4'],
  ['Cl\\t0.5\\nCd\\t1e999\\n', 'output_not_a_number', '"1e999"'],
  ['Cl\\t0.5\\nCd\\t\\n', 'output_not_a_number', 'line 2, column 4'],
  ['Cl\\t0.5\\n\\t1\\n', 'output_name_invalid', 'a value without a name: line 2'],
  ['Cl\\t0.5\\nCl\\t1\\n', 'output_name_invalid', 'a second value for "Cl": line 2'],
  ['Cl\\t0.5\\nspeed\\t1\\n', 'output_name_invalid', '"speed", which is an input variable'],
])(
  'the output %j of a post-process script fails the run as %s, and what was right is kept',
  async (text, code, words) => {
    await using platform = await new TestPlatform().start();
    const run = await platform.run([tileWith(platform, { post: `printf '${text}'` })], {
      variables: VARIABLES,
    });
    expect(run).toMatchObject({ outcome: 'failed', exitCode: 0, failure: { code } });
    expect(run.failure!.message).toContain('The post-process script of tile 1 printed ');
    expect(run.failure!.message).toContain(words);
    expect(run.variables).toEqual([{ name: 'Cl', value: 0.5 }]);
  },
);

test('a dry run renders and tries every template, executes nothing and keeps what was rendered', async () => {
  await using platform = await new TestPlatform().start();
  const tile = {
    ...tileWith(platform, {
      template: 'v ${speed} ${mach!0.3}',
      into: 'case/in',
      pre: 'touch never',
      post: 'touch never',
    }),
    command: 'touch never',
  };
  // The same bytes as an input: it is an output all the same.
  const inputs = [platform.input('same', 'v'), platform.input('data', '1')];
  const same = {
    templates: [{ file: platform.input('v.tmpl', 'v'), processedFilename: 'same' }],
    command: 'touch never',
  };
  const run = await platform.run([tile, same], { dryRun: true, variables: VARIABLES, inputs });
  expect(run).toMatchObject({ outcome: 'success', exitCode: null, failure: null, variables: [] });
  expect(namesOf(run)).toEqual(['case/in', 'same', 'process_output.log']);
  expect(readFileSync(run.outputs[0]!.path, 'utf8')).toBe('v 12.5 0.3');
  expect(logTexts(run.log)).toEqual([
    'Rendered case/in from the template case.tmpl with speed = 12.5, mach by its default.',
    'Rendered same from the template v.tmpl without any variable.',
    'This is a dry run: no command was executed.',
  ]);
  const bad = await platform.run(
    [tileWith(platform, { template: '${sped}' }), tileWith(platform, { template: '${x', into: 'b' }), tile],
    { dryRun: true, variables: VARIABLES },
  );
  expect(bad).toMatchObject({ outcome: 'failed', failure: { code: 'template_failed' } });
  expect(bad.failure!.message).toContain('there is no variable sped');
  expect(bad.failure!.hint).toContain('is not closed by a }');
  expect(namesOf(bad)).toEqual(['case/in', 'process_output.log']);
});

test('a stop ends a script like a command, and what comes after it does not run', async () => {
  await using platform = await new TestPlatform().start();
  const tile = {
    ...tileWith(platform, { pre: '#!/bin/bash\ntouch ready; sleep 60' }),
    command: 'touch never',
  };
  const { runId, directory } = platform.assign([tile]);
  await platform.until(() => existsSync(join(directory, 'home/work/ready')));
  platform.stopRuns = [runId];
  platform.wake();
  const ended = await platform.finished(runId);
  expect(ended).toMatchObject({ outcome: 'stopped', failure: { code: 'stopped_by_user' } });
  expect(ended.outputs.map(({ relativePath }) => relativePath)).toEqual(['ready', 'process_output.log']);
});

test('a further attempt of a run has its directory afresh', async () => {
  await using platform = await new TestPlatform().start();
  const first = await platform.run(['mkdir -p d/e; echo x > d/e/f; ls; exit 1'], { runId: '17' });
  const second = await platform.run(['ls'], { runId: '17.2', directory: first.directory });
  expect([first.outcome, second.outcome]).toEqual(['failed', 'success']);
  expect(logTexts(second.log).slice(1, -2)).toEqual(['process_output.log']);
  expect(namesOf(second)).toEqual(['process_output.log']);
});
