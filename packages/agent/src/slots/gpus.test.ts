import type { SlotGpu } from '@quarry/contract';
import { expect, test } from 'vitest';
import { gpuVariables } from './gpus.ts';

const gpu = (vendor: SlotGpu['vendor'], id: string, number: number): SlotGpu => ({
  ...{ vendor, id, number },
  devices: [],
});

test('cards that have an id are named by it, others by their place among those that are seen', () => {
  const named = [gpu('nvidia', 'GPU-b', 1), gpu('nvidia', 'GPU-d', 3)];
  const unnamed = [gpu('nvidia', 'nvidia1', 1), gpu('amd', 'renderD130', 2)];
  for (const seesOthers of [true, false]) {
    expect(gpuVariables(named, { seesOthers })).toEqual({
      CUDA_VISIBLE_DEVICES: 'GPU-b,GPU-d',
      ROCR_VISIBLE_DEVICES: '',
    });
  }
  expect(gpuVariables(unnamed, { seesOthers: true })).toEqual({
    CUDA_VISIBLE_DEVICES: '1',
    ROCR_VISIBLE_DEVICES: '2',
  });
  expect(gpuVariables(unnamed, { seesOthers: false })).toEqual({
    CUDA_VISIBLE_DEVICES: '0',
    ROCR_VISIBLE_DEVICES: '0',
  });
});

test('a slot without GPUs sees none on a host that has some, and is told nothing elsewhere', () => {
  const none = { CUDA_VISIBLE_DEVICES: '', ROCR_VISIBLE_DEVICES: '' };
  expect(gpuVariables([], { seesOthers: true })).toEqual(none);
  expect(gpuVariables(null, { seesOthers: true })).toEqual({});
});
