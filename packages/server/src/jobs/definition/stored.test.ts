import { jobDefinition } from '@quarry/contract';
import { expect, test } from 'vitest';
import { readDefinition, type StoredDefinition, writeDefinition } from './stored.ts';

const tile = {
  analysis: { code: 'user_included', version: '0' },
  command: 'true',
  hardware: { coreType: 'granite', coresPerSlot: 2 },
};

function stored(): StoredDefinition {
  const parsed = jobDefinition.parse({ name: 'a job', jobanalyses: [tile] });
  return { ...parsed, projectId: null, restart: null, jobTemplate: null } as StoredDefinition;
}

test('a definition is read as it was written, and whatever was parsed of it stays', () => {
  const definition = stored();
  const read = readDefinition(writeDefinition(definition));
  expect(read).toEqual(JSON.parse(JSON.stringify(definition)));
  expect(readDefinition(writeDefinition(read))).toEqual(read);
});

test('a definition of an earlier version is read as what it meant then', () => {
  const {
    optimizer: _,
    retryPolicy: __,
    monteCarloIterations: ___,
    snapshots: ____,
    checkpoints: _____,
    restart: ______,
    ...early
  } = stored();
  const read = readDefinition(JSON.stringify(early));
  expect(read).toMatchObject({ optimizer: null, retryPolicy: null, monteCarloIterations: null });
  expect(read).toMatchObject({ snapshots: null, checkpoints: [], restart: null });
  const policy = { maxRetries: 2, exitCodes: null, maxFailedRuns: null };
  expect(readDefinition(JSON.stringify({ ...early, retryPolicy: policy })).retryPolicy).toEqual({
    ...policy,
    agentLost: null,
  });
});

test('a definition of a newer version is not misread', () => {
  const newer = JSON.stringify({ ...stored(), format: 999 });
  expect(() => readDefinition(newer)).toThrow(
    /format 999, which a newer version of the platform has written/,
  );
});
