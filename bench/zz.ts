import { startPlatform } from '@quarry/server/testing';
import { clientOf } from './lib/platform.ts';
import { acceptSweep, untilSweepSucceeded } from './lib/sweeps.ts';

const N = Number(process.argv[2] ?? 600);
for (let i = 0; i < 2; i++)
  for (const sandbox of ['off', 'required'] as const) {
    await using p = await startPlatform({ sandbox });
    const client = clientOf(p);
    const { jobId } = await acceptSweep(client, N, 2);
    const s = await untilSweepSucceeded(client, jobId, N);
    console.log(sandbox, (N / s).toFixed(1), '/s');
  }
