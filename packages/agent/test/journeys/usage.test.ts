import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { probeSandbox } from '../../src/sandbox/probe.ts';
import { logTexts, TestPlatform } from '../platform.ts';

const probe = await probeSandbox();
const MIB = 1024 * 1024;
/** Uses a third of a second of a processor, by the clock that counts it. */
const BUSY =
  'python3 -c "import time; end = time.process_time() + 0.35\nwhile time.process_time() < end: pass"';

describe.each(['off', ...(probe.available ? (['required'] as const) : [])] as const)(
  'with sandbox %s',
  (sandbox) => {
    test('what a run used counts children, scripts and all tiles', async () => {
      await using platform = await new TestPlatform({ sandbox }).start();
      const run = await platform.run([
        { preProcess: { file: null, command: BUSY }, command: `(${BUSY}; ${BUSY}) & wait` },
        { command: `exec ${BUSY}`, postProcess: { file: null, command: BUSY } },
      ]);
      expect(run.outcome).toBe('success');
      const { wallSeconds, cpuSeconds } = run.usage!;
      expect(cpuSeconds).toBeGreaterThan(1.7);
      expect(wallSeconds).toBeGreaterThan(1.7);
      // On all cores together a run cannot have used more than the time that has passed.
      expect(cpuSeconds).toBeLessThan(wallSeconds * 2);
    });

    test('memory is that of all processes together, also of a short one', async () => {
      await using platform = await new TestPlatform({ sandbox }).start();
      const hold = (mebibytes: number) =>
        `python3 -c "import time, os; held = bytearray(b'x') * (${mebibytes} << 20); open(f'ready{${mebibytes}}', 'w'); [time.sleep(0.02) for _ in iter(lambda: os.path.exists('go'), True)]"`;
      const run = await platform.run([
        `${hold(60)} & ${hold(90)} & until [ -e ready60 ] && [ -e ready90 ]; do sleep 0.02; done; sleep 1.2; touch go; wait`,
      ]);
      expect(run.outcome).toBe('success');
      expect(run.usage!.peakMemoryBytes).toBeGreaterThan(150 * MIB);
      expect(run.usage!.peakMemoryBytes).toBeLessThan(400 * MIB);
      const short = await platform.run([':']);
      expect(short.usage!.peakMemoryBytes).toBeGreaterThan(0);
      expect(short.usage!.peakMemoryBytes).toBeLessThan(20 * MIB);
    });

    test('a command that is a single program counts beside what it has started', async () => {
      await using platform = await new TestPlatform({ sandbox }).start();
      const run = await platform.run([
        `python3 -c "import subprocess; held = bytearray(b'x') * (80 << 20); subprocess.run(['sleep', '1.5'])"`,
      ]);
      expect(run.outcome).toBe('success');
      expect(run.usage!.peakMemoryBytes).toBeGreaterThan(80 * MIB);
    });

    test('bytes are those that went to storage', async ({ skip }) => {
      await using platform = await new TestPlatform({ sandbox }).start();
      const run = await platform.run(['dd if=/dev/zero of=data bs=1M count=8 conv=fsync; stat -f -c %T .']);
      if (/tmpfs|ramfs/.test(run.log)) {
        skip('the temporary directory is in memory');
      }
      expect(run.usage!.writtenBytes).toBeGreaterThanOrEqual(8 * MIB);
      expect(run.usage!.writtenBytes).toBeLessThan(16 * MIB);
      expect(run.usage!.readBytes).toBeGreaterThanOrEqual(0);
      expect((await platform.run([':'])).usage!.writtenBytes).toBeLessThan(MIB);
    });

    test('a command that is stopped or killed has its figures', async () => {
      await using platform = await new TestPlatform({ sandbox }).start();
      const killed = platform.assign(['touch ready; sleep 300']);
      await platform.until(() => existsSync(join(killed.directory, 'home/work/ready')));
      const stopped = platform.assign(['true']);
      platform.stopRuns = [killed.runId];
      platform.wake();
      const ended = await platform.finished(killed.runId);
      expect(ended).toMatchObject({ outcome: 'stopped', exitCode: 143 });
      expect(ended.usage!.cpuSeconds).toBeGreaterThanOrEqual(0);
      platform.stopRuns = [];
      await platform.finished(stopped.runId);
      const outright = platform.assign(['touch ready; sleep 300']);
      await platform.until(() => existsSync(join(outright.directory, 'home/work/ready')));
      platform.stop = 'force';
      platform.wake();
      const end = await platform.finished(outright.runId);
      expect(end).toMatchObject({ outcome: 'stopped', exitCode: 137 });
      expect(end.usage!.cpuSeconds).toBeGreaterThanOrEqual(0);
    });

    test('what a run uses is sampled while it goes on, all of its processes together', async () => {
      await using platform = await new TestPlatform({ sandbox, limits: { usageSampleSeconds: 1 } }).start();
      const hold = `python3 -c "held = bytearray(b'x') * (60 << 20); open('data', 'wb').write(b'x' * (5 << 20))
while True: pass"`;
      // In a sandbox also one that has lost its parent.
      const second = sandbox === 'off' ? `${hold} &` : `(setsid ${hold} &) ;`;
      const { runId } = platform.assign([`${hold} & ${second} wait`]);
      const samples = () => platform.requests.flatMap(({ usage }) => usage ?? []);
      await platform.until(() => {
        const last = samples().at(-1);
        return last !== undefined && last.memoryBytes! > 120 * MIB && last.diskBytes !== null;
      });
      const [first, ...others] = samples();
      const last = others.at(-1) ?? first!;
      expect(new Set(samples().map((sample) => sample.runId))).toEqual(new Set([runId]));
      expect(last.memoryBytes).toBeLessThan(300 * MIB);
      expect(last.diskBytes).toBeGreaterThanOrEqual(5 * MIB);
      expect(last.diskBytes).toBeLessThan(8 * MIB);
      expect(last.cpuSeconds).toBeGreaterThan(0);
      expect(readFileSync(join(platform.cluster.directory, 'journal.ndjson'), 'utf8')).not.toContain(
        'elapsed',
      );
      platform.stop = 'force';
      platform.wake();
      await platform.finished(runId);
    });

    test('the command sees nothing of it: descriptors, variables with odd names, levels, the words for a signal', async () => {
      await using platform = await new TestPlatform({ sandbox }).start();
      const command = [
        'ls -l /proc/self/fd | grep -c meter',
        'env | grep -c "^odd.name=1$"; echo "$SHLVL $0 $#"; type said',
        'kill -SEGV $$',
      ].join('\n');
      const run = await platform.run([
        { command, environment: { 'odd.name': '1', 'BASH_FUNC_said%%': '() { echo said; }' } },
        'never',
      ]);
      const texts = logTexts(run.log).slice(3, -2);
      expect(texts).toEqual([
        '0',
        '1',
        '1 bash 0',
        'said is a function',
        'said () ',
        '{ ',
        '    echo said',
        '}',
      ]);
      expect(run).toMatchObject({ exitCode: 139, failure: { code: 'command_failed' } });
      expect(run.failure!.message).toContain('SIGSEGV');
    });
  },
);

test('samples that the server could not take are sent again, and none are taken where none are wanted', async () => {
  await using platform = await new TestPlatform({ limits: { usageSampleSeconds: 1 } }).start();
  const { directory, runId } = platform.assign(['touch ready; until [ -e go ]; do sleep 0.05; done']);
  await platform.until(() => existsSync(join(directory, 'home/work/ready')));
  await platform.unlisten();
  const awayAt = Date.now();
  await platform.until(() => Date.now() - awayAt > 2500);
  await platform.listen();
  const times = () =>
    platform.requests.flatMap(({ usage }) => usage ?? []).map((each) => each.elapsedSeconds);
  await platform.until(() => times().length >= 3);
  expect(times()).toEqual([...new Set(times())].toSorted((a, b) => a - b));
  expect(times()[0]).toBeLessThan(2);
  writeFileSync(join(directory, 'home/work/go'), '');
  await platform.finished(runId);

  await using quiet = await new TestPlatform({ limits: { usageSampleSeconds: 0 } }).start();
  await quiet.run(['sleep 1.5']);
  expect(quiet.requests.every(({ usage }) => usage === undefined)).toBe(true);
});
