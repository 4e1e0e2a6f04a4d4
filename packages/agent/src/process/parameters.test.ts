import { expect, test } from 'vitest';
import { PARAMETER_VARIABLES_BYTES } from '../limits.ts';
import { parameterVariables } from './parameters.ts';

test('each is there by both names', () => {
  expect(
    parameterVariables(
      [
        ['angle', '5'],
        ['Re', '1e6'],
      ],
      {},
    ),
  ).toEqual({
    QUARRY_PARAM_angle: '5',
    angle: '5',
    QUARRY_PARAM_Re: '1e6',
    Re: '1e6',
  });
});

test('one whose name is taken, or is no name for a shell, is there with the prefix alone', () => {
  const taken = { USER: 'quarry', solver: 'own' };
  const names = [
    'PATH',
    'LD_PRELOAD',
    'BASH_ENV',
    'RESCALE_JOB_ID',
    'QUARRY_RUN_ID',
    'solver',
    'USER',
    'a.b',
    '1st',
    'é',
  ];
  const variables = parameterVariables(
    names.map((name) => [name, 'x']),
    taken,
  );
  expect(Object.keys(variables)).toEqual([
    ...[
      'PATH',
      'LD_PRELOAD',
      'BASH_ENV',
      'RESCALE_JOB_ID',
      'QUARRY_RUN_ID',
      'solver',
      'USER',
      'a_b',
      '1st',
      '_',
    ].map((name) => `QUARRY_PARAM_${name}`),
  ]);
});

test('what has no room is left out and counted, so that commands can be started', () => {
  const long = 'x'.repeat(PARAMETER_VARIABLES_BYTES);
  expect(
    parameterVariables(
      [
        ['long', long],
        ['zero', '\0'],
        ['short', '1'],
      ],
      {},
    ),
  ).toEqual({
    QUARRY_PARAM_short: '1',
    short: '1',
    QUARRY_PARAMS_LEFT_OUT: '2',
  });
});
