import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findHiddenPlaces } from '../src/sandbox/hidden-places.ts';
import { probeSandbox } from '../src/sandbox/probe.ts';
import { logTexts, TestPlatform } from './platform.ts';

const probe = await probeSandbox();

test('the probe says in words why there is no sandbox', async () => {
  const probe = new URL('../src/sandbox/probe.ts', import.meta.url).href;
  const script = `import { probeSandbox } from ${JSON.stringify(probe)}; console.log(JSON.stringify(await probeSandbox()))`;
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    env: { PATH: '/nonexistent' },
    encoding: 'utf8',
  });
  expect(JSON.parse(said)).toEqual({
    ...{ available: false, isStaying: false, sharesAbstractSockets: true },
    reason: expect.stringContaining('not installed'),
  });
});

test('a cluster that requires a sandbox fails its runs on a host without one', async () => {
  await using platform = new TestPlatform({ sandbox: 'required' });
  platform.agentEnvironment = { PATH: withoutBubblewrap(platform) };
  await platform.start();
  const run = await platform.run(['echo never']);
  expect(run).toMatchObject({ outcome: 'failed', failure: { code: 'sandbox_unavailable' } });
  expect(run.log).not.toContain('never\n');
});

test('without a sandbox --reap kills what a dead agent left of its cluster, and only that', async () => {
  await using platform = await new TestPlatform().start();
  const { directory } = platform.assign([
    'setsid sleep 300 > /dev/null 2>&1 & echo $$ > new; mv new pid; sleep 300',
  ]);
  await platform.until(() => existsSync(join(directory, 'home/work/pid')));
  platform.agent!.kill('SIGKILL');
  await platform.exited();
  const main = new URL('../src/main.ts', import.meta.url).pathname;
  expect(aliveIn(directory)).toBeGreaterThan(0);
  const reap = (clusterId: string) =>
    JSON.parse(execFileSync(process.execPath, [main, '--reap', clusterId], { encoding: 'utf8' }));
  expect(reap('SomeOther')).toEqual({ killed: 0 });
  expect(reap(platform.cluster.clusterId).killed).toBeGreaterThan(1);
  await platform.until(() => aliveIn(directory) === 0);
});

describe.skipIf(!probe.available)('in the sandbox (bubblewrap works on this host)', () => {
  test('a command sees its own run and neither data directory, homes, other processes nor the agent', async () => {
    await using platform = new TestPlatform({ sandbox: 'auto' });
    const { directory, cluster } = platform;
    writeFileSync(join(directory, 'owner.key'), 'secret');
    cluster.sandbox.hiddenPaths = [directory, '/root', '/home', '/nonexistent'];
    const tool = join(directory, 'tools');
    mkdirSync(tool);
    writeFileSync(join(tool, 'solver'), '#!/bin/bash\necho solved\n', { mode: 0o755 });
    platform.agentEnvironment = { SECRET_OF_THE_SERVER: 'hidden-word' };
    await platform.start();
    const command = [
      `ls -A ${directory} /root /home | tr "\\n" " "; echo`,
      `cat ${directory}/owner.key; ls ${cluster.directory} | tr "\\n" " "; echo`,
      'ps -e -o comm= | grep -vcE "^(perl|bash|ps|grep)$"',
      'cat /etc/shadow | wc -c',
      'touch /usr/x /etc/x; ls -A /tmp | wc -l; echo t > /tmp/t; echo v > /var/tmp/v',
      `echo x > ${directory}/new; echo x > ${tool}/new; solver; cat /proc/*/environ 2>&1 | tr "\\0" "\\n" | grep -c hidden-wor[d]`,
      'umount /root 2>&1 | wc -l; echo out > out',
    ].join('\n');
    const run = await platform.run([
      { command, searchPath: [tool], visiblePaths: [tool] },
      'cat /tmp/t /var/tmp/v',
    ]);
    const texts = logTexts(run.log).filter((line) => !line.includes('Launching'));
    const said = texts.join('\n');
    expect(platform.events[0]).toMatchObject({ sandbox: 'bubblewrap' });
    expect(said).not.toContain('secret');
    expect(said).toContain('solved\n0\n');
    expect(said.match(/Read-only file system/g)).toHaveLength(4);
    expect(said).toMatch(/\n0\n(cat: \/etc\/shadow: .*\n)?0\n/);
    expect(said).toContain('\nt\nv\n');
    expect(run.outcome).toBe('success');
    expect(run.outputs.map(({ relativePath }) => relativePath)).toEqual(['out', 'process_output.log']);
    expect(run.skipped).toEqual([]);
    expect(existsSync(join(run.directory, 'tmp'))).toBe(false);
    expect(existsSync(join(tool, 'new'))).toBe(false);
  });

  test('the log, the order of lines, long commands and exit codes are those without one', async () => {
    await using platform = await new TestPlatform({ sandbox: 'required' }).start();
    platform.cluster.sandbox.hiddenPaths = [platform.directory];
    const run = await platform.run([
      'echo a; echo b >&2; echo c > /dev/stderr; rm process_output.log; pwd',
      `${'# filling\n'.repeat(20_000)}echo "$0 $#"; kill -SEGV $$`,
    ]);
    expect(logTexts(run.log).slice(1, 7)).toEqual([
      'a',
      'b',
      'c',
      join(run.directory, 'home/work'),
      'Exited with code 0',
      '',
    ]);
    expect(logTexts(run.log).slice(-3)).toEqual(['bash 0', 'Exited with code 139', '']);
    expect(run.failure!.message).toContain('SIGSEGV');
  });

  test('SIGTERM reaches the command, which gets its grace time, and nothing survives', async () => {
    await using platform = await new TestPlatform({
      sandbox: 'auto',
      limits: { stopGraceSeconds: 10 },
    }).start();
    const run = await platform.run(
      ['trap "sleep 0.3; echo saved > state; exit 5" TERM; setsid sleep 300 & sleep 300 & echo begun; wait'],
      { walltimeSeconds: 0.5 },
    );
    expect(run).toMatchObject({ outcome: 'walltime_exceeded', exitCode: 5 });
    expect(run.outputs.map(({ relativePath }) => relativePath)).toContain('state');
    expect(aliveIn(run.directory)).toBe(0);
  });

  test('a command that ignores SIGTERM is killed after the grace time with all that it started', async () => {
    await using platform = await new TestPlatform({
      sandbox: 'auto',
      limits: { stopGraceSeconds: 0.3 },
    }).start();
    const run = await platform.run(['trap "" TERM; setsid sleep 300 & while :; do sleep 0.1; done'], {
      walltimeSeconds: 0.3,
    });
    expect(run).toMatchObject({ outcome: 'walltime_exceeded', exitCode: 137 });
    expect(aliveIn(run.directory)).toBe(0);
  });

  test('an agent that is killed leaves no command alive', async () => {
    await using platform = await new TestPlatform({ sandbox: 'auto' }).start();
    const { directory } = platform.assign(['trap "" TERM HUP; setsid sleep 300 & touch ready; sleep 300']);
    await platform.until(() => existsSync(join(directory, 'home/work/ready')));
    expect(aliveIn(directory)).toBeGreaterThan(1);
    platform.agent!.kill('SIGKILL');
    await platform.until(() => aliveIn(directory) === 0);
  });

  test('places to hide are resolved, nested ones are left out, and later mounts lie over earlier ones', () => {
    const hidden = findHiddenPlaces(['/usr', '/usr/bin', '/', '/nonexistent']);
    expect(hidden.directories).toContain('/usr');
    expect(hidden.directories).not.toContain('/usr/bin');
    expect(hidden.directories).not.toContain('/');
  });
});

/** Processes whose home is that of the run, counted from outside. */
function aliveIn(directory: string): number {
  const pids = execFileSync('ls', ['/proc'], { encoding: 'utf8' })
    .split('\n')
    .filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`HOME=${directory}/home`);
    } catch {
      return false;
    }
  }).length;
}

/** A search path with what the agent needs and no bwrap. */
function withoutBubblewrap(platform: TestPlatform): string {
  const tools = join(platform.directory, 'tools');
  mkdirSync(tools);
  const mkfifo = execFileSync('which', ['mkfifo'], { encoding: 'utf8' }).trim();
  execFileSync('ln', ['-s', mkfifo, tools]);
  return tools;
}
