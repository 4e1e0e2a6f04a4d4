/** Commands that put links in the place of what is being looked at: nothing outside is read, moved, changed or removed. */
import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { probeSandbox } from '../../src/sandbox/probe.ts';
import { Outside, SECRET, swapWithin } from '../../testing/swapper.ts';
import { makeRun, namesOf, type RunDirectory, reasonsOf, sha512Of } from '../collect-harness.ts';
import { canRunAs, TestPlatform } from '../platform.ts';

/** Calls back when an output of this name is looked at, with the door open at its directory. */
function whenLookedAt(name: string, swap: () => void) {
  return {
    compare(relativePath: string) {
      if (relativePath === name) {
        swap();
      }
      return 'new' as const;
    },
  };
}

describe('while the door is held open', () => {
  test('a link in the place of the directory that is looked at leads nowhere', async () => {
    await using run = await makeRun();
    const outside = new Outside(run.base, ['x', 'y', 'z']);
    mkdirSync(join(run.work, 'd'));
    for (const name of ['x', 'y', 'z']) {
      writeFileSync(join(run.work, 'd', name), `own ${name}`);
    }
    const snapshot = whenLookedAt('d/x', () => {
      renameSync(join(run.work, 'd'), join(run.base, 'away'));
      outside.linkAt(join(run.work, 'd'));
    });
    const collected = await run.collect({ snapshot });
    expect(collected.outputs.map(({ relativePath }) => relativePath)).toEqual(['process_output.log']);
    expect(reasonsOf(collected)).toEqual({
      'd/x': 'not a directory (ENOTDIR)',
      'd/y': 'not a directory (ENOTDIR)',
      'd/z': 'not a directory (ENOTDIR)',
    });
    expect(outside.isUntouched).toBe(true);
  });

  test('a link, or another file, in the place of an output that was found is not taken for it', async () => {
    await using run = await makeRun();
    const outside = new Outside(run.base, ['x']);
    for (const name of ['link', 'other', 'same', 'z']) {
      writeFileSync(join(run.work, name), 'own');
    }
    const snapshot = whenLookedAt('z', () => {
      for (const name of ['link', 'other']) {
        renameSync(join(run.work, name), join(run.base, name));
      }
      outside.linkAt(join(run.work, 'link'), 'x');
      linkSync(join(outside.path, 'x'), join(run.work, 'other'));
    });
    const collected = await run.collect({ snapshot });
    expect(namesOf(collected)).toEqual(['same', 'z']);
    expect(reasonsOf(collected)).toEqual({
      link: 'it was replaced while outputs were collected',
      other: 'it was replaced while outputs were collected',
    });
    rmSync(join(run.work, 'other'));
    expect(readFileSync(join(outside.path, 'x'), 'utf8')).toBe(SECRET);
  });

  test('a link whose way was led out after it had been followed is not read', async () => {
    await using run = await makeRun();
    const outside = new Outside(run.base, ['x']);
    mkdirSync(join(run.work, 'd'));
    writeFileSync(join(run.work, 'd/x'), 'own');
    symlinkSync('d/x', join(run.work, 'link'));
    writeFileSync(join(run.work, 'z'), '');
    const snapshot = whenLookedAt('z', () => {
      renameSync(join(run.work, 'd'), join(run.work, 'away'));
      outside.linkAt(join(run.work, 'd'));
    });
    const collected = await run.collect({ snapshot });
    expect(namesOf(collected)).toEqual(['z']);
    expect(outside.isUntouched).toBe(true);
  });
});

describe('for real, while a process swaps names as fast as it can', () => {
  test.each([
    ['a directory and a link to one outside', [['d', 'link-out']]],
    [
      'files and links to files outside',
      [
        ['d/x', 'link-x'],
        ['bad\xff', 'link-x'],
        ['d/twin', 'link-x'],
      ],
    ],
    ['the work directory and a link', [['../work', '../work-out']]],
    [
      'a directory that a link passes through',
      [
        ['d', 'link-out'],
        ['inner', 'link-out'],
      ],
    ],
  ] as Array<[string, Array<[string, string]>]>)('%s', async (_what, pairs) => {
    await using run = await makeRun();
    const outside = new Outside(run.base, ['x', 'y', 'twin', 'bad']);
    prepare(run, outside);
    const secret = sha512Of(SECRET);
    await using swapper = await swapWithin(run.work, pairs);
    for (let round = 0; round < 150; round += 1) {
      const { outputs } = await run.collect({ copiesName: `copies${round}` });
      expect(outputs.filter(({ sha512 }) => sha512 === secret)).toEqual([]);
    }
    expect(swapper.isAlive).toBe(true);
    expect(outside.isUntouched).toBe(true);
  });
});

function prepare({ work, directory }: RunDirectory, outside: Outside): void {
  mkdirSync(join(work, 'd/inner'), { recursive: true });
  mkdirSync(join(work, 'inner'));
  for (const path of ['d/x', 'd/y', 'd/inner/x', 'inner/x', 'x']) {
    writeFileSync(join(work, path), 'own', { mode: 0 });
  }
  writeFileSync(Buffer.from(join(work, 'bad\xff'), 'latin1'), 'own');
  linkSync(join(work, 'd/y'), join(work, 'd/twin'));
  symlinkSync('d/x', join(work, 'through'));
  symlinkSync('inner/../d/inner/x', join(work, 'far'));
  outside.linkAt(join(work, 'link-out'));
  outside.linkAt(join(work, 'link-x'), 'x');
  outside.linkAt(join(directory, 'home/work-out'));
}

const ORDINARY_USER = 65_534;
const { isStaying } = await probeSandbox();

describe.skipIf(!isStaying || !canRunAs(ORDINARY_USER))(
  'an agent that is not root, whose commands own what it writes to',
  () => {
    async function open(): Promise<TestPlatform> {
      const platform = new TestPlatform({ sandbox: 'required', user: ORDINARY_USER });
      platform.cluster.sandbox.hiddenPaths = [platform.directory];
      writeFileSync(join(platform.directory, 'owner.key'), SECRET);
      mkdirSync(join(platform.directory, 'outside'));
      return platform.start();
    }

    test('writes no script through a link that an earlier tile has put in its place', async () => {
      await using platform = await open();
      const key = join(platform.directory, 'owner.key');
      const long = `${'# filling\n'.repeat(20_000)}echo the second one`;
      for (const plant of [
        `ln -s ${key} "$HOME/../command-2.sh"`,
        `cd /; mv "$HOME/.." "$HOME/../../away"; ln -s ${platform.directory} "${join(platform.cluster.directory, 'runs')}/2"; true`,
      ]) {
        await platform.run([plant, long]);
        expect(readFileSync(key, 'utf8')).toBe(SECRET);
        expect(readdirSync(platform.directory)).not.toContain('command-2.sh');
      }
    });

    test('puts no template, script or process number where a link leads that an earlier tile has made', async () => {
      await using platform = await open();
      const outside = join(platform.directory, 'outside');
      const plant = `cd /; mv "$HOME/work" "$HOME/away"; ln -s ${outside} "$HOME/work"`;
      const template = platform.input('template', 'rendered');
      const run = await platform.run([
        plant,
        { command: 'true', templates: [{ file: template, processedFilename: 'rendered' }] },
      ]);
      expect(run.failure?.message).toContain('something else was put where the work directory was');
      const script = platform.input('script.sh', 'true');
      await platform.run([plant, { command: 'true', preProcess: { file: script, command: 'true' } }]);
      expect(readdirSync(outside)).toEqual([]);
      // Inside this is the directory of the slot, outside that of all runs.
      const runs = join(platform.cluster.directory, 'runs');
      writeFileSync(join(runs, '.rescalepid'), SECRET);
      await platform.run([`cd /; mv "$HOME/work" "$HOME/away"; ln -s ${runs} "$HOME/work"`, 'true']);
      expect(readFileSync(join(runs, '.rescalepid'), 'utf8')).toBe(SECRET);
    });
  },
);
