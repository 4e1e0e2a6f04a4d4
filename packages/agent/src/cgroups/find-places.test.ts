import { expect, test } from 'vitest';
import { parsePlaces } from './find-places.ts';

const V2 =
  '29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot';
const V1 = [
  '31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755',
  '32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu',
  '35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory',
  '41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw',
].join('\n');

test('a service of systemd on a host of version 2 has its own cgroup and the one above', () => {
  expect(parsePlaces('0::/system.slice/quarry.service/main\n', V2)).toEqual([
    { version: 2, directory: '/sys/fs/cgroup/system.slice/quarry.service/main' },
    { version: 2, directory: '/sys/fs/cgroup/system.slice/quarry.service' },
  ]);
  expect(parsePlaces('0::/\n', V2)).toEqual([{ version: 2, directory: '/sys/fs/cgroup' }]);
});

test('where version 1 has the memory, its places come first', () => {
  const cgroups = '9:name=systemd:/user.slice\n8:pids:/\n4:memory:/jobs/7\n2:cpuacct:/\n0::/user.slice\n';
  expect(parsePlaces(cgroups, V1)).toEqual([
    { version: 1, directory: '/sys/fs/cgroup/memory/jobs/7' },
    { version: 2, directory: '/sys/fs/cgroup/unified/user.slice' },
    { version: 2, directory: '/sys/fs/cgroup/unified' },
  ]);
});

test('in a container a part of the hierarchy is mounted, under a path that may have blanks', () => {
  const mount =
    '1200 1190 0:32 /docker/0a1b /sys/fs/c\\040group/memory ro,nosuid master:15 - cgroup cgroup rw,memory';
  expect(parsePlaces('11:cpuset,memory:/docker/0a1b/x\n', mount)).toEqual([
    { version: 1, directory: '/sys/fs/c group/memory/x' },
  ]);
  expect(parsePlaces('11:memory:/elsewhere\n', mount)).toEqual([]);
  expect(parsePlaces('11:memory:/docker/0a1bc\n', mount)).toEqual([]);
});

test('a host without any has none', () => {
  expect(parsePlaces('', '')).toEqual([]);
  expect(parsePlaces('8:pids:/\n', V1)).toEqual([]);
});
