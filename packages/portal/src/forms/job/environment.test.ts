import { expect, test } from 'vitest';
import { completed, namesInEnvironment, namesToComplete, PLATFORM_VARIABLES } from './environment.ts';

const names = namesInEnvironment({ LM_LICENSE_FILE: '27000@host', speed: '1', 'with-a-dash': 'x' });

test('a shell is offered what its tile gives it before what the platform does, and nothing that it cannot ask for', () => {
  expect(names).toEqual(['LM_LICENSE_FILE', 'speed', ...PLATFORM_VARIABLES]);
});

test('names are offered while one is begun behind a dollar sign', () => {
  const offered = (text: string) => namesToComplete(text, text.length, names);
  expect(offered('mpirun -np $cores')).toEqual(['RESCALE_CORES_PER_NODE', 'RESCALE_CORES_PER_SLOT']);
  expect(offered('echo ${sp')).toEqual(['speed']);
  expect(offered('echo ${l')[0]).toBe('LM_LICENSE_FILE');
  expect(offered('echo $')).toHaveLength(8);
  for (const text of ['echo', 'echo $speed', 'echo $speed ', 'echo \\$sp', 'echo $(sp', 'echo $1']) {
    expect(offered(text), text).toEqual([]);
  }
  // What stands behind the cursor does not count.
  expect(namesToComplete('a $sp b', 5, names)).toEqual(['speed']);
});

test('a name takes the place of what was begun, and a brace is closed once', () => {
  expect(completed('a $sp b', 5, 'speed')).toEqual({ text: 'a $speed b', cursor: 8 });
  expect(completed('a ${sp b', 6, 'speed')).toEqual({ text: 'a ${speed} b', cursor: 10 });
  expect(completed('a ${sp} b', 6, 'speed')).toEqual({ text: 'a ${speed} b', cursor: 10 });
  expect(completed('a $spXY b', 5, 'speed')).toEqual({ text: 'a $speed b', cursor: 8 });
  expect(completed('no', 2, 'speed')).toEqual({ text: 'no', cursor: 2 });
});
