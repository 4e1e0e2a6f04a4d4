import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findPlaces } from '../../src/cgroups/find-places.ts';
import { findCgroups } from '../../src/cgroups/leftovers.ts';
import { probeSandbox } from '../../src/sandbox/probe.ts';
import { memoryControls } from '../../testing/memory-controls.ts';
import { perlWithoutNamespaces } from '../../testing/perl-without-namespaces.ts';
import { canRunAs, TestPlatform } from '../platform.ts';

const MIB = 1024 * 1024;
const LIMIT = 160 * MIB;
const probe = await probeSandbox();
const sandboxes = ['off', ...(probe.available ? (['required'] as const) : [])] as const;
const controls = memoryControls();
const NOBODY = 65_534;

interface Way {
  sandbox: 'off' | 'required';
  control: string;
  agentPrefix?: string[];
  user?: number;
  /** Each command gets a sandbox of its own. */
  isPlain?: boolean;
}

const ways: Way[] = [
  ...sandboxes.flatMap((sandbox) => controls.map((control) => ({ sandbox, ...control }))),
  ...(probe.isStaying ? [{ sandbox: 'required' as const, ...controls[0]!, isPlain: true }] : []),
  ...(canRunAs(NOBODY)
    ? sandboxes.map((sandbox) => ({ sandbox, control: 'watched', agentPrefix: [], user: NOBODY }))
    : []),
];
const cases = ways.map((way) => ({
  ...way,
  name: `sandbox ${way.sandbox}${way.isPlain ? ' for each command' : ''}, memory ${way.control}${way.user ? ', no root' : ''}`,
}));

/** Fills so much memory bit by bit, and holds it. */
const hold = (mebibytes: number, then = 'time.sleep(300)') =>
  `python3 -c "import os, time; held = [bytearray(b'x') * (8 << 20) for _ in range(${mebibytes} // 8) if time.sleep(0.02) is None]; ${then}"`;

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

function platformWith({ sandbox, agentPrefix = [], user, isPlain }: Way, slots = 1): TestPlatform {
  const platform = new TestPlatform({ sandbox, slots, user, limits: { memoryBytes: LIMIT } });
  platform.agentPrefix = agentPrefix;
  if (isPlain) {
    platform.agentEnvironment = { PATH: perlWithoutNamespaces(platform.directory) };
  }
  return platform;
}

describe.each(cases)('with $name', (way) => {
  test('a run that takes more than it has is ended, it alone and all of it, and the slot goes on', async () => {
    await using platform = await platformWith(way, 2).start();
    const neighbour = platform.assign(['touch ready; until [ -e go ]; do sleep 0.02; done; echo still here']);
    const neighbourWork = join(neighbour.directory, 'home/work');
    await platform.until(() => existsSync(join(neighbourWork, 'ready')));
    const greedy = await platform.run([`echo kept > kept; sleep 300 & ${hold(1024)} || true; wait`, 'never']);
    expect(greedy).toMatchObject({ outcome: 'failed', failure: { code: 'out_of_memory' } });
    // How far it came before somebody looked, where nobody else bounds it.
    const had = way.control === 'watched' ? /\d+(\.\d)? [MG]iB/ : /1[6-9]\d(\.\d)? MiB/;
    expect(greedy.failure!.message).toMatch(
      new RegExp(`may have 160 MiB with its 2 cores, and had ${had.source}`),
    );
    expect(greedy.failure!.hint).toContain('more cores per slot');
    expect(greedy.usage!.peakMemoryBytes).toBeGreaterThanOrEqual(LIMIT);
    expect(greedy.log).toContain('The run used up its memory');
    expect(greedy.outputs.map(({ relativePath }) => relativePath)).toContain('kept');
    writeFileSync(join(neighbourWork, 'go'), '');
    expect(await platform.finished(neighbour.runId)).toMatchObject({ outcome: 'success' });
    for (let again = 0; again < 2; again += 1) {
      expect(await platform.run([`${hold(64, 'print(1)')}; true`])).toMatchObject({ outcome: 'success' });
    }
    const started = platform.events.find((event) => event.type === 'agent_started')!;
    expect(started).toMatchObject({ memoryControl: way.control });
    platform.done = true;
    platform.wake();
    await platform.exited();
    expect(findCgroups(platform.cluster.clusterId)).toEqual([]);
  });

  test('a command that is a single program, which the shell becomes, is held to it as well', async () => {
    await using platform = await platformWith(way).start();
    const greedy = await platform.run([hold(400, 'print(1)')]);
    expect(greedy).toMatchObject({ outcome: 'failed', failure: { code: 'out_of_memory' } });
    expect(greedy.usage!.peakMemoryBytes).toBeGreaterThanOrEqual(LIMIT);
  });

  test('runs that come after one that is ended in the same slot are not ended with it', async () => {
    await using platform = await platformWith(way).start();
    // Many processes take their time to go, and whoever ends them looks again ever more rarely.
    const crowd = 'for i in $(seq 150); do sleep 300 & done';
    const greedy = [1, 2].map(() => platform.assign([`${crowd}; ${hold(1024)}; wait`]));
    const innocent = Array.from({ length: 8 }, () => platform.assign(['sleep 0.1; echo done']));
    for (const { runId } of greedy) {
      expect(await platform.finished(runId)).toMatchObject({ failure: { code: 'out_of_memory' } });
    }
    for (const { runId } of innocent) {
      expect(await platform.finished(runId)).toMatchObject({ outcome: 'success', failure: null });
    }
  });

  test('memory that processes share counts once', async () => {
    await using platform = await platformWith(way).start();
    const fork = `pids = [os.fork() for _ in range(3)]; time.sleep(1.5); [os.waitpid(p, 0) for p in pids if p and all(pids)]`;
    const run = await platform.run([hold(96, fork)]);
    expect(run).toMatchObject({ outcome: 'success', failure: null });
  });

  // Without a sandbox these are files of the host.
  if (way.sandbox !== 'off') {
    test('files in memory count', async () => {
      await using platform = await platformWith(way).start();
      const run = await platform.run([
        'for i in $(seq 40); do head -c 8M /dev/zero > /dev/shm/$i; sleep 0.02; done; sleep 300',
      ]);
      expect(run).toMatchObject({ outcome: 'failed', failure: { code: 'out_of_memory' } });
      // They are gone with it.
      expect(await platform.run([hold(96, 'print(1)')])).toMatchObject({ outcome: 'success' });
    });
  }

  // Nothing tells otherwise whose it was.
  if (way.control !== 'watched' || way.sandbox !== 'off') {
    test('a process that has left its parents and wiped its environment ends with its run', async () => {
      await using platform = await platformWith(way).start();
      const seconds = String(3_000 + Math.floor(Math.random() * 1e6) / 1e6);
      const run = await platform.run([`setsid env -i sleep ${seconds} & sleep 0.2; disown; true`]);
      expect(run).toMatchObject({ outcome: 'success' });
      const left = readdirSync('/proc').filter((pid) => commandLine(pid).includes(seconds));
      expect(left).toEqual([]);
    });
  }

  test('a script that does so fails its run as well, and no command follows', async () => {
    await using platform = await platformWith(way).start();
    const run = await platform.run([
      { preProcess: { file: null, command: `${hold(1024)} || true` }, command: 'echo next > next' },
    ]);
    expect(run).toMatchObject({ outcome: 'failed', failure: { code: 'out_of_memory' } });
    expect(run.outputs.map(({ relativePath }) => relativePath)).toEqual(['process_output.log']);
  });

  test('an agent that is killed leaves no cgroup behind for whoever collects its runs', async () => {
    await using platform = await platformWith(way).start();
    const { directory } = platform.assign(['touch ready; sleep 300']);
    await platform.until(() => existsSync(join(directory, 'home/work/ready')));
    const { clusterId } = platform.cluster;
    expect(findCgroups(clusterId)).toHaveLength(way.control === 'watched' ? 0 : 1);
    await platform.killAgent();
    await platform.salvage();
    expect(findCgroups(clusterId)).toEqual([]);
  });
});

test('without a limit a run has as much as there is', async () => {
  await using platform = await new TestPlatform().start();
  expect(await platform.run([hold(256, 'print(1)')])).toMatchObject({ outcome: 'success' });
  expect(platform.events[0]).toMatchObject({ type: 'agent_started', memoryControl: 'none' });
});

const outside = findPlaces().find(({ version }) => version === 1);

describe.runIf(outside !== undefined && controls[0]!.control === 'cgroup-v1')(
  'where a bound around the agent is narrower than that of its runs',
  () => {
    test.each([{ limits: { memoryBytes: 8 * 1024 * MIB } }, {}])(
      'a run whose process Linux has ended is told so: %j',
      async (rest) => {
        const directory = join(outside!.directory, `quarry-test-${process.pid}`);
        mkdirSync(directory);
        writeFileSync(join(directory, 'memory.limit_in_bytes'), String(400 * MIB));
        try {
          await using platform = new TestPlatform(rest);
          platform.agentPrefix = ['sh', '-c', `echo $$ > ${directory}/cgroup.procs && exec "$@"`, 'sh'];
          await platform.start();
          const run = await platform.run([hold(1024)]);
          expect(run).toMatchObject({
            outcome: 'failed',
            exitCode: 137,
            failure: { code: 'host_out_of_memory' },
          });
          expect(await platform.run(['true'])).toMatchObject({ outcome: 'success' });
        } finally {
          rmdirSync(directory);
        }
      },
    );
  },
);

test('a run that kills itself is not told to have had no memory', async () => {
  await using platform = await new TestPlatform({ limits: { memoryBytes: LIMIT } }).start();
  const run = await platform.run(['kill -KILL $$']);
  expect(run).toMatchObject({ exitCode: 137, failure: { code: 'command_failed' } });
});
