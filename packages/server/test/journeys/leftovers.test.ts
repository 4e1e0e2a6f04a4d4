/** Whatever a job leaves behind is kept where it can be, and removed in any case, also by a server that is not root. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canServeAs, type Platform, startPlatform } from '../../testing/start-platform.ts';
import { definition, reach, runJob, submitJob, until } from '../platform-harness.ts';

const ORDINARY_USER = 65_534;

const LEFT: Array<[what: string, command: string, outputs: string[]]> = [
  [
    'names that are no text',
    `touch $'bad\\xff'; mkdir $'d\\xfe'; touch $'d\\xfe/f'`,
    ['%bytes=bad%FF', '%bytes=d%FE/f'],
  ],
  [
    'a path that is too long to be named',
    'N=$(printf "n%.0s" $(seq 200)); for i in $(seq 40); do mkdir $N; cd $N; done; touch x',
    [`${`${'n'.repeat(200)}/`.repeat(40)}x`],
  ],
  ['files of many names', 'echo x > a; ln a b; ln -s a c; mkdir d; ln -s ../b d/e', ['a', 'b', 'c', 'd/e']],
  ['nothing that may be looked into', 'mkdir -p a/b; touch x a/b/c; chmod 0 a/b/c a/b a .', ['a/b/c', 'x']],
  ['a directory that may only be read', 'echo 1 > a; chmod 555 .', ['a']],
  ['a file in the place of its directory', 'cd ..; rm -r work; touch work', []],
  ['a link in the place of its directory', 'cd ..; rm -r work; ln -s /etc work', []],
  ['no home', 'cd; rm -rf work; chmod 0 .', []],
];

describe.each([
  ['root', undefined],
  ['an ordinary user', ORDINARY_USER],
] as const)('a server of %s', (_who, user) => {
  const isPossible = user === undefined || canServeAs(user);
  let platform: Platform;

  beforeAll(async () => {
    if (isPossible) {
      platform = await startPlatform({ cores: 4, user });
    }
  });
  afterAll(async () => {
    await platform?.[Symbol.asyncDispose]();
  });

  test.skipIf(!isPossible).each(LEFT)('keeps and removes %s', async (_what, command, outputs) => {
    const job = await runJob(platform, definition(command));
    expect([job.outcome, job.failure]).toEqual(['success', null]);
    const { body } = await platform.call('GET', `/api/v2/jobs/${job.id}/files/?page_size=100`);
    const names = (body.results as Array<{ relativePath: string }>).map(({ relativePath }) => relativePath);
    expect(names.sort()).toEqual([...outputs, 'process_output.log'].sort());
    await until(async () => readdirSync(join(platform.dataDir, 'clusters')).length === 0, 'the tidying');
  });

  test.skipIf(!isPossible).each([
    [
      'the directory above its home',
      'R=$(dirname "$(dirname "$HOME")"); mv "$R/1" "$R/away"; ln -s $DATA "$R/1"',
    ],
    ['its home', 'mv "$HOME" "$HOME.away"; ln -s $DATA "$HOME"'],
    ['its directory', 'mv "$HOME/work" "$HOME/away"; ln -s $DATA "$HOME/work"'],
  ])('shows nothing of where a link leads that a command has put in the place of %s', async (_what, swap) => {
    const command = `cd /; DATA=${platform.dataDir}; ${swap}; echo done; sleep 300`;
    const logs = join(platform.dataDir, 'clusters');
    // What a job before has left goes in the background.
    const before = new Set(readdirSync(logs));
    const id = await submitJob(platform, definition(command));
    const run = `/api/v2/jobs/${id}/runs/1`;
    await until(async () => {
      const clusters = readdirSync(logs).filter((cluster) => !before.has(cluster));
      const paths = clusters.map((cluster) => join(logs, cluster, 'runs/1/process_output.log'));
      return paths.some((path) => existsSync(path) && /: done$/m.test(readFileSync(path, 'utf8')));
    }, 'the swap');
    for (const name of ['owner.key', 'work/owner.key', 'quarry.db']) {
      expect((await platform.call('GET', `${run}/tail/${name}`)).status).toBe(404);
    }
    const listed = (await platform.call('GET', `${run}/directory-contents/`)).body as Array<{ path: string }>;
    expect(
      listed.map(({ path }) => path).filter((path) => !/^(\.rescalepid|process_output\.log)$/.test(path)),
    ).toEqual([]);
    await platform.call('POST', `/api/v2/jobs/${id}/stop/`);
    await reach(platform, id, 'Completed');
    const { body } = await platform.call('GET', `/api/v2/jobs/${id}/files/`);
    expect(body.results).toHaveLength(1);
    expect(existsSync(join(platform.dataDir, 'owner.key'))).toBe(true);
  });

  // Root may remove anything.
  if (user === undefined) {
    return;
  }
  test.skipIf(!isPossible)('starts although a tree cannot be removed', async () => {
    await platform.stop();
    const clusters = join(platform.dataDir, 'clusters');
    for (const name of ['AAAAAA', 'ZZZZZZ']) {
      mkdirSync(join(clusters, name));
    }
    // The test is root, and these are directories into which the server may not look.
    mkdirSync(join(clusters, 'MMMMMM/theirs'), { recursive: true });
    writeFileSync(join(clusters, 'MMMMMM/theirs/file'), '');
    await platform.restart();
    const stray = join(clusters, 'MMMMMM');
    await until(async () => platform.log().includes('could not be removed'), 'the word about it');
    expect(existsSync(stray)).toBe(true);
    expect((await runJob(platform, definition('echo x > x'))).outcome).toBe('success');
  });
});
