import type { Job } from '@quarry/sdk';
import { expect, test } from 'vitest';
import { changeOf } from './change.ts';

const job = {
  jobanalyses: [
    { command: 'mesh', envVars: {}, hardware: { coreType: 'quartz', coresPerSlot: 1, walltime: 1 } },
    { command: 'solve', envVars: { A: '1' }, hardware: { coreType: 'quartz', coresPerSlot: 1, walltime: 1 } },
  ],
} as unknown as Job;

test('values are set in all tiles, the last one counts, and a value may hold an equals sign', () => {
  const { jobanalyses } = changeOf(job, [
    'walltime=4',
    'walltime=8',
    'cores=2',
    'env.B=x=y',
    'coreType=pumice',
  ]);
  expect(jobanalyses).toMatchObject([
    {
      command: 'mesh',
      envVars: { B: 'x=y' },
      hardware: { coreType: 'pumice', coresPerSlot: 2, walltime: 8 },
    },
    { command: 'solve', envVars: { A: '1', B: 'x=y' }, hardware: { walltime: 8 } },
  ]);
  expect(job.jobanalyses[0]!.hardware.walltime).toBe(1);
});

test.each(['walltime', 'walltime=soon', 'toString=1', 'env.=1', 'slots=2'])(
  '%s is refused in words',
  (setting) => {
    expect(() => changeOf(job, [setting])).toThrow(/--set/);
  },
);
