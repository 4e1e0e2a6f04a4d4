import { expect, test } from 'vitest';
import { madeBy } from './made-by.ts';

test('outputs say which job and run made them, and other files nothing', () => {
  expect(madeBy('user/user_Vuy/output/job_EKgbfJ/run12/a/b.log')).toEqual({ jobId: 'EKgbfJ', runId: '12' });
  expect(madeBy('user/user_Vuy/input/mesh.dat')).toBeNull();
  expect(madeBy('user/user_Vuy/output/job_<img>/run1/x')).toBeNull();
});
