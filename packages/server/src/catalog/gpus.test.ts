import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { canMakeNodes } from '../../testing/gpus.ts';
import { findGpus, parseNvidiaCards } from './gpus.ts';

const searchPath = process.env.PATH!;
const LINES = `0, GPU-4d4bf374-0000-1111-2222-333344445555, 00000000:3B:00.0, NVIDIA A100-SXM4-40GB
1, GPU-deadbeef-0000-1111-2222-333344445555, 00000001:AF:00.0, Tesla V100, 32 GB
No devices were found
`;

test('what nvidia-smi says of cards, whose nodes the driver names', () => {
  const cards = parseNvidiaCards(LINES, (bus) => (bus === '0000:3b:00.0' ? 5 : null));
  expect(cards).toEqual([
    {
      ...{ index: 0, minor: 5, bus: '0000:3b:00.0', name: 'NVIDIA A100-SXM4-40GB' },
      uuid: 'GPU-4d4bf374-0000-1111-2222-333344445555',
    },
    {
      ...{ index: 1, minor: 1, bus: '0001:af:00.0', name: 'Tesla V100, 32 GB' },
      uuid: 'GPU-deadbeef-0000-1111-2222-333344445555',
    },
  ]);
  expect(parseNvidiaCards('NVIDIA-SMI has failed because it could not communicate\n', () => null)).toEqual(
    [],
  );
});

describe.runIf(canMakeNodes())('in a directory laid out as /dev', () => {
  class Directory implements Disposable {
    readonly path = mkdtempSync(join(tmpdir(), 'quarry-gpus-'));
    node(name: string, minor: number): this {
      mkdirSync(join(this.path, name, '..'), { recursive: true });
      execFileSync('mknod', [join(this.path, name), 'c', '1', String(minor)]);
      return this;
    }
    [Symbol.dispose](): void {
      rmSync(this.path, { recursive: true });
    }
  }

  test('cards without a program that tells of them are known by their nodes', async () => {
    using directory = new Directory();
    directory.node('nvidia1', 5).node('nvidia0', 3).node('nvidiactl', 7).node('dri/renderD128', 8);
    writeFileSync(join(directory.path, 'nvidia7'), 'no node');
    const gpus = await findGpus(directory.path, { searchPath });
    expect(gpus.map(({ id, vendor, number }) => [id, vendor, number])).toEqual([
      ['nvidia0', 'nvidia', 0],
      ['nvidia1', 'nvidia', 1],
      // Linux says nothing of whose it is.
      ['renderD128', 'unknown', 0],
    ]);
    expect(gpus[1]!.devices).toEqual([
      { source: join(directory.path, 'nvidia1'), path: '/dev/nvidia1' },
      { source: join(directory.path, 'nvidiactl'), path: '/dev/nvidiactl' },
    ]);
    expect(gpus[2]!.devices).toEqual([
      { source: join(directory.path, 'dri/renderD128'), path: '/dev/dri/renderD128' },
    ]);
  });

  test('a site offers some of its cards by links to their nodes, and a program names them', async () => {
    using host = new Directory();
    using directory = new Directory();
    host.node('nvidia0', 3).node('nvidia1', 5);
    symlinkSync(join(host.path, 'nvidia1'), join(directory.path, 'nvidia1'));
    writeFileSync(join(directory.path, 'nvidia-smi'), `#!/bin/sh\ncat <<'EOF'\n${LINES}EOF\n`, {
      mode: 0o755,
    });
    expect(await findGpus(directory.path, { searchPath })).toEqual([
      {
        ...{ id: 'GPU-deadbeef-0000-1111-2222-333344445555', name: 'Tesla V100, 32 GB' },
        ...{ vendor: 'nvidia', number: 1 },
        devices: [{ source: join(host.path, 'nvidia1'), path: '/dev/nvidia1' }],
      },
    ]);
  });

  test('a program that fails, or says something else, hides no card', async () => {
    using directory = new Directory();
    directory.node('nvidia0', 3);
    for (const script of ['echo "0, GPU-1, 00000000:3B:00.0, A"; exit 9', 'echo Hello']) {
      writeFileSync(join(directory.path, 'nvidia-smi'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      const gpus = await findGpus(directory.path, { searchPath });
      expect(gpus.map(({ id }) => id)).toEqual(['nvidia0']);
    }
  });
});

test('none are found where none are wanted, or nothing is', async () => {
  expect(await findGpus('none', { searchPath: '' })).toEqual([]);
  expect(await findGpus('/nowhere', { searchPath: '' })).toEqual([]);
});
