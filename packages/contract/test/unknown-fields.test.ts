import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createJob, findUnknownFields, jobV3, MAX_UNKNOWN_FIELDS, updateFile } from '../src/index.ts';

const find = (body: unknown) => findUnknownFields(createJob.body, body);

describe('unknown fields', () => {
  test('are found at any depth, with their place', () => {
    expect(
      find({
        nmae: 'x',
        jobanalyses: [
          { hardware: { coreType: 'a', colour: 'red' } },
          { inputFiles: [{ id: 'a' }, { id: 'b', unpack: true }], anaylsis: {} },
        ],
      }),
    ).toEqual([
      'nmae',
      'jobanalyses[0].hardware.colour',
      'jobanalyses[1].inputFiles[1].unpack',
      'jobanalyses[1].anaylsis',
    ]);
  });

  test('are not those that are known to be without effect', () => {
    const body = {
      numOfNodes: 1,
      cores: 2,
      data: {},
      clonedFrom: 'AbCdE',
      inputFileParseTask: '',
      autoTerminateCluster: true,
      runLowPriority: true,
      run_low_priority: true,
      jobanalyses: [{ useMPI: false, useMpi: false, hardware: { isReusable: true, cores: 1 } }],
    };
    expect(find(body)).toEqual([]);
  });

  test('are not other spellings of known ones', () => {
    expect(
      find({ project_id: null, jobanalyses: [{ env_vars: {}, hardware: { cores_per_slot: 1 } }] }),
    ).toEqual([]);
  });

  test('are not the free keys of maps', () => {
    const analysis = { envVars: { anything: '1' }, flags: { whatever: true } };
    const variable = { name: 'x', valueGeneratorSettings: { free: 1 } };
    expect(find({ jobvariables: [variable], jobanalyses: [analysis] })).toEqual([]);
  });

  test('are not what our own answers have: a job may be sent back whole', () => {
    const everyKey = Object.fromEntries(Object.keys(jobV3.shape).map((key) => [key, undefined]));
    const analysis = jobV3.shape.jobanalyses.element;
    const everyAnalysisKey = Object.fromEntries(Object.keys(analysis.shape).map((key) => [key, undefined]));
    expect(find({ ...everyKey, jobanalyses: [everyAnalysisKey] })).toEqual([]);
  });

  test('of anything that is no object are none', () => {
    for (const body of [null, undefined, 'x', 3, [], [{}], { jobanalyses: 'x' }, { jobanalyses: { a: 1 } }]) {
      expect(find(body)).toEqual([]);
    }
  });

  test('are listed up to a limit', () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`key${index}`, 1]));
    expect(find(many)).toHaveLength(MAX_UNKNOWN_FIELDS);
    expect(findUnknownFields(updateFile.body, many)).toHaveLength(MAX_UNKNOWN_FIELDS);
  });

  test('of a union are those of the kindest option', () => {
    const schema = z.union([z.object({ a: z.string() }), z.object({ a: z.string(), b: z.string() })]);
    expect(findUnknownFields(schema, { a: '', b: '', c: '' })).toEqual(['c']);
  });
});
