import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chooseMemoryControl } from './choose-control.ts';
import { MemoryCgroup, parseEvents, parseEventsOfVersion1 } from './memory-cgroup.ts';

const EVENTS = 'low 0\nhigh 0\nmax 181\noom 3\noom_kill 2\noom_group_kill 0\nsock_throttled 0\n';

/** Files as a kernel shows them: what is written to them can be read again, and nothing else happens. */
class Directory implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'quarry-cgroup-'));

  constructor(controllers = 'cpu io memory pids\n') {
    this.write('cgroup.controllers', controllers);
    this.write('cgroup.subtree_control', 'cpu\n');
    this.write('cgroup.procs', '');
  }

  addChild(name: string, { swap = true } = {}): void {
    mkdirSync(join(this.path, name));
    for (const file of ['cgroup.procs', 'memory.max', ...(swap ? ['memory.swap.max'] : [])]) {
      this.write(`${name}/${file}`, 'max');
    }
    this.write(`${name}/memory.events`, EVENTS);
  }

  read(name: string): string {
    return readFileSync(join(this.path, name), 'utf8');
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.path, name), text);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

test('of version 2 memory and swap are bounded, once those below may', async () => {
  using parent = new Directory();
  parent.addChild('one');
  const cgroup = new MemoryCgroup({ version: 2, directory: parent.path }, 'one', 123_456_789);
  expect(parent.read('cgroup.subtree_control')).toContain('+mem');
  expect(parent.read('one/memory.max')).toBe('123456789');
  expect(parent.read('one/memory.swap.max')).toMatch(/^0/);
  await cgroup.add(4711);
  expect(parent.read('one/cgroup.procs')).toMatch(/^4711/);
  expect(cgroup.events()).toEqual({ kills: 2, limitHits: 3 });
});

test('a kernel that does not account swap bounds memory all the same', () => {
  using parent = new Directory();
  parent.addChild('one', { swap: false });
  new MemoryCgroup({ version: 2, directory: parent.path }, 'one', 5);
  expect(parent.read('one/memory.max')).toMatch(/^5/);
});

test('agents watch where cgroups do not bound memory, or are no cgroups, and say why', () => {
  using parent = new Directory('cpu pids\n');
  expect(chooseMemoryControl('Cluster', [{ version: 2, directory: parent.path }])).toMatchObject({
    kind: 'watched',
    place: null,
    reason: expect.stringContaining('memory is not bounded by the cgroups in'),
  });
  using other = new Directory();
  const { kind, reason } = chooseMemoryControl('Cluster', [
    { version: 1, directory: other.path },
    { version: 1, directory: join(other.path, 'missing') },
  ]);
  expect(kind).toBe('watched');
  expect(reason).toMatch(/memory\.limit_in_bytes.*; .*missing/);
  expect(chooseMemoryControl('Cluster', []).reason).toContain('no cgroups');
});

test('what both versions count', () => {
  expect(parseEvents(EVENTS)).toEqual({ kills: 2, limitHits: 3 });
  const control = 'oom_kill_disable 0\nunder_oom 0\noom_kill 7\n';
  expect(parseEventsOfVersion1(control, '135\n')).toEqual({ kills: 7, limitHits: 135 });
  // Linux 4.12 and before.
  expect(() => parseEventsOfVersion1('oom_kill_disable 0\nunder_oom 0\n', '1\n')).toThrow('does not count');
});
