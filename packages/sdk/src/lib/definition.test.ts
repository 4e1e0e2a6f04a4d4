import { readFileSync } from 'node:fs';
import type { Job } from '@quarry/contract';
import { expect, test } from 'vitest';
import { toDefinition } from './definition.ts';

const examples = JSON.parse(
  readFileSync(new URL('../../../contract/fixtures/examples/v2.json', import.meta.url), 'utf8'),
);
const job = examples.getJob.response as Job;

test('a job that was read becomes what makes it again, and nothing of what the platform says about it', () => {
  const definition = toDefinition(job);
  expect(definition.name).toBe(job.name);
  expect(definition.jobanalyses?.[0]).toMatchObject({
    command: job.jobanalyses[0]!.command,
    analysis: { code: job.jobanalyses[0]!.analysis.code, version: job.jobanalyses[0]!.analysis.version },
    hardware: { coreType: job.jobanalyses[0]!.hardware.coreType },
  });
  const said = ['id', 'owner', 'dateInserted', 'outcome', 'status', 'cost', 'progress'];
  expect(Object.keys(definition).filter((name) => said.includes(name))).toEqual([]);
});

test('another name is that of the definition', () => {
  expect(toDefinition(job, 'again').name).toBe('again');
});
