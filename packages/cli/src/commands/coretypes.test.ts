import { describe, expect, test } from 'vitest';
import { runQuarry } from '../../testing/run-quarry.ts';
import { page, startSmallPlatform } from '../../testing/small-platform.ts';

const type = (code: string, cores: number[], gpuCounts: number[]) => ({
  ...{ code, name: code, cores, gpuCounts, memory: 4096, price: 0.05, lowPriorityPrice: '0.03' },
  ...{ isActive: true, isDeprecated: false },
});
const plain = type('granite', [2, 4], [0, 0]);
const one = type('amethyst', [4, 8], [1, 1]);
const several = type('diamond', [16, 32], [2, 4]);

async function table(types: object[]): Promise<string> {
  await using platform = await startSmallPlatform({
    'GET /api/v2/coretypes/': () => ({ body: page(types) }),
  });
  return (await runQuarry(['coretypes'], platform)).stdout;
}

describe('coretypes', () => {
  test('tells GPUs of each size, once where all sizes have as many', async () => {
    expect(await table([plain, one, several])).toBe(
      'CODE      NAME      CORES  GPUS  MEMORY/CORE  PRICE   LOW\n' +
        'granite   granite   2 4              4.0 GiB   0.05  0.03\n' +
        'amethyst  amethyst  4 8       1      4.0 GiB   0.05  0.03\n' +
        'diamond   diamond   16 32   2 4      4.0 GiB   0.05  0.03\n',
    );
  });

  test('has no column for them where there are none', async () => {
    expect(await table([plain])).not.toContain('GPUS');
  });
});
