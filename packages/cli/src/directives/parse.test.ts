import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseScript } from './parse.ts';
import { directiveTable } from './table.ts';

const settingsOf = (script: string) => {
  const { settings, errors } = parseScript(script);
  expect(errors).toEqual([]);
  return settings;
};
const errorsOf = (script: string) => parseScript(script).errors.map(({ message }) => message);

describe('parseScript() in the form with an equals sign', () => {
  test('reads every directive of the original command line', () => {
    const script = `#!/bin/bash
#RESCALE_NAME="Wing, second try"
#RESCALE_ANALYSIS=openfoam
#RESCALE_ANALYSIS_VERSION=2.3.1-openmpi
#RESCALE_CORE_TYPE=Granite
#RESCALE_CORES=4
#RESCALE_WALLTIME=96:00
#RESCALE_LOW_PRIORITY=on
#RESCALE_PRIORITY=INSTANT
#RESCALE_EXISTING_FILES=abcDE, fghIJ klmNO
#RESCALE_ENV_LM_LICENSE_FILE=27000@licence
#USE_RESCALE_LICENSE
#RESCALE_ONDEMAND_LICENSE='rescale'
#RESCALE_USER_DEFINED_LICENSE_SETTINGS={"featureSets":[{"name":"USER_SPECIFIED_0","features":[]}]}
#RESCALE_PROJECT_ID=Wings of 2026
#RESCALE_INBOUND_SSH_CIDR=10.0.0.0/8
#RESCALE_PUBLIC_KEY=ssh-rsa AAAA me@here
simpleFoam
`;
    expect(settingsOf(script)).toEqual({
      name: 'Wing, second try',
      analysis: 'openfoam',
      analysisVersion: '2.3.1-openmpi',
      coreType: 'Granite',
      cores: 4,
      walltimeHours: 96,
      lowPriority: true,
      billingPriority: 'INSTANT',
      existingFiles: ['abcDE', 'fghIJ', 'klmNO'],
      environment: { LM_LICENSE_FILE: '27000@licence' },
      useRescaleLicense: true,
      onDemandLicenseSeller: 'rescale',
      userDefinedLicenseSettings: { featureSets: [{ name: 'USER_SPECIFIED_0', features: [] }] },
      projectName: 'Wings of 2026',
      cidrRule: '10.0.0.0/8',
      publicKey: 'ssh-rsa AAAA me@here',
    });
  });

  test('lets the first occurrence win and says which line it is', () => {
    const { settings, warnings } = parseScript('#RESCALE_NAME=first\n#RESCALE_NAME=second\n');
    expect(settings.name).toBe('first');
    expect(warnings).toEqual([{ line: 2, message: '#RESCALE_NAME is ignored: line 1 comes first.' }]);
  });

  test.each(['#RESCALE_NAME=', '#RESCALE_NAME=   ', '#RESCALE_NAME="   "', '#RESCALE_NAME'])(
    'takes a blank value as no value: %j',
    (line) => {
      expect(settingsOf(`${line}\n#RESCALE_NAME=later\n`)).toEqual({ name: 'later' });
    },
  );

  test('bears indentation, carriage returns, a byte order mark and blanks around the equals sign', () => {
    expect(settingsOf('\ufeff#RESCALE_NAME=a\r\n\t  #RESCALE_CORES = 2  \r\n')).toEqual({
      name: 'a',
      cores: 2,
    });
  });

  test('leaves ordinary comments and commands alone', () => {
    expect(parseScript('# RESCALE_NAME=x\n##RESCALE_NAME=y\necho "#RESCALE_NAME=z"\n')).toEqual({
      settings: {},
      warnings: [],
      errors: [],
    });
  });

  test.each([
    ['true', true],
    ['ON', true],
    ['false', false],
    ['off', false],
  ])('reads low priority %s', (written, meant) => {
    expect(settingsOf(`#RESCALE_LOW_PRIORITY=${written}`).lowPriority).toBe(meant);
  });

  test.each([
    ['2', 2],
    ['96:00', 96],
    ['96:30', 96.5],
    ['1:00:00', 1],
    ['0:30', 0.5],
    ['90m', 1.5],
    ['1.25', 1.25],
  ])('reads a walltime of %s as %d hours', (written, hours) => {
    expect(settingsOf(`#RESCALE_WALLTIME=${written}`).walltimeHours).toBe(hours);
  });

  test.each([
    ['#USE_RESCALE_LICENSE', true],
    ['#USE_RESCALE_LICENSE=', true],
    ['#USE_RESCALE_LICENSE=yes', true],
    ['#USE_RESCALE_LICENSE true', true],
    ['#USE_RESCALE_LICENSE false', false],
  ])('reads %s', (line, meant) => {
    expect(settingsOf(line)).toEqual({ useRescaleLicense: meant });
  });
});

describe('parseScript() and environment variables', () => {
  test('joins a repeated name with colons, in order', () => {
    const script = '#RESCALE_ENV_PATH=/a\n#RESCALE_ENV_OTHER=1\n#RESCALE_ENV_PATH=/b\n';
    expect(settingsOf(script).environment).toEqual({ PATH: '/a:/b', OTHER: '1' });
  });

  test('allows an empty value', () => {
    expect(settingsOf('#RESCALE_ENV_EMPTY=').environment).toEqual({ EMPTY: '' });
  });

  test('gives the process the value it would see when the value has equals signs', () => {
    expect(settingsOf('#RESCALE_ENV_FLAGS=-x=3').environment).toEqual({ FLAGS: '-x=3' });
    expect(settingsOf('#RESCALE_ENV_FLAGS="-a -b=3"').environment).toEqual({ FLAGS: '-a -b=3' });
  });

  test('reads the form with a blank', () => {
    expect(settingsOf('#RESCALE_ENV_FLAGS -x=3').environment).toEqual({ FLAGS: '-x=3' });
  });

  test('keeps a variable called __proto__ a variable', () => {
    expect(Object.keys(settingsOf('#RESCALE_ENV___proto__=1').environment!)).toEqual(['__proto__']);
  });

  test('refuses a name that no shell could set', () => {
    expect(errorsOf('#RESCALE_ENV_1ST=1')[0]).toContain('#RESCALE_ENV_NAME=value');
    expect(errorsOf('#RESCALE_ENV_A-B=1')).toHaveLength(1);
  });
});

describe('parseScript() in the form with a blank', () => {
  test('reads every directive', () => {
    const script = `#RESCALE_NAME Wing, second try
#RESCALE_COMMAND ./solve --all
#RESCALE_ANALYSIS user_included
#RESCALE_ANALYSIS_VERSION 0
#RESCALE_CORES granite
#RESCALE_CORES_PER_SLOT 2
#RESCALE_SLOTS 3
#RESCALE_WALLTIME 12
#RESCALE_TAGS wing, second
#RESCALE_PROJECT_ID abcDE
#RESCALE_AUTOMATION fghIJ
#USE_RESCALE_LICENSE false
`;
    expect(settingsOf(script)).toEqual({
      name: 'Wing, second try',
      command: './solve --all',
      analysis: 'user_included',
      analysisVersion: '0',
      coreType: 'granite',
      cores: 2,
      slots: 3,
      walltimeHours: 12,
      tags: ['wing', 'second'],
      projectId: 'abcDE',
      automations: ['fghIJ'],
      useRescaleLicense: false,
    });
  });

  test('reads CORES as a core type beside CORES= as a number', () => {
    expect(settingsOf('#RESCALE_CORES granite\n#RESCALE_CORES=8\n')).toEqual({
      coreType: 'granite',
      cores: 8,
    });
  });

  test('refuses a walltime in seconds and says what it is in hours', () => {
    expect(errorsOf('#RESCALE_WALLTIME 86400')).toEqual([
      '#RESCALE_WALLTIME: takes at most 336 hours. If 86400 are seconds, write 24.',
    ]);
  });
});

describe('parseScript() refuses in words', () => {
  test.each([
    ['#RESCALE_ANALYSIS=a\n#RESCALE_ANALYSIS=b', 'stands on line 1 already. A script runs one analysis'],
    ['#RESCALE_CORES=many', 'takes a number of cores of at least 1, not "many".'],
    ['#RESCALE_CORES=0', 'takes a number of cores of at least 1, not "0".'],
    [
      '#RESCALE_WALLTIME=soon',
      'takes hours, such as 2 or 1.5, or a time such as 90m, 2h, 1h30m, 1d or 1:30 (hours:minutes), not "soon".',
    ],
    ['#RESCALE_WALLTIME=0', 'takes hours'],
    ['#RESCALE_LOW_PRIORITY=perhaps', 'takes true, on, false or off'],
    ['#RESCALE_PRIORITY=RESERVED', 'RESERVED is not supported; use INSTANT or ON_DEMAND.'],
    ['#RESCALE_CORE_TYPE_SET=fast', 'sets of core types are not supported'],
    ['#RESCALE_START_JOB_ON_HOUR=5', 'a delayed start is not supported'],
    ['#RESCALE_USER_DEFINED_LICENSE_SETTINGS={', 'takes JSON such as'],
  ])('%s', (script, words) => {
    expect(errorsOf(script).join()).toContain(words);
  });

  test('but not when the refused directive is blank', () => {
    expect(settingsOf('#RESCALE_CORE_TYPE_SET=\n#RESCALE_START_JOB_ON_HOUR=\n')).toEqual({});
  });

  test('and only warns of what it ignores or does not know', () => {
    const { warnings, settings } = parseScript(
      '#RESCALE_AUTO_TERMINATE_CLUSTER=true\n#RESCALE_CORETYPE=granite\n',
    );
    expect(settings).toEqual({});
    expect(warnings.map(({ message }) => message)).toEqual([
      '#RESCALE_AUTO_TERMINATE_CLUSTER: ignored, clusters always end with their job.',
      '#RESCALE_CORETYPE is not a directive that quarry knows. Did you mean #RESCALE_CORE_TYPE?',
    ]);
  });
});

describe('parseScript() falls back on qsub', () => {
  test('for name, cores and resources', () => {
    const script = `#$ -N wing
#$ -pe openmpi 8
#$ -l rescale_code=openfoam,rescale_coretype=granite,rescale_walltime=5,h_vmem=4G
`;
    expect(settingsOf(script)).toEqual({
      name: 'wing',
      cores: 8,
      analysis: 'openfoam',
      coreType: 'granite',
      walltimeHours: 5,
    });
  });

  test('but a directive wins wherever it stands', () => {
    expect(settingsOf('#$ -N wing\n#$ -pe mpi 8\n#RESCALE_NAME=tail\n#RESCALE_CORES=2\n')).toEqual({
      name: 'tail',
      cores: 2,
    });
  });

  test('and collects the software of module and source lines', () => {
    const script = 'module load gcc openfoam/2.3.1 # the solver\n  source /opt/su2/setup.sh\n. ./env.sh\n';
    expect(settingsOf(script).softwareHints).toEqual([
      'gcc',
      'openfoam/2.3.1',
      '/opt/su2/setup.sh',
      './env.sh',
    ]);
  });
});

describe('parseScript() on anything', () => {
  const word = fc.constantFrom(...Object.keys(directiveTable), 'RESCALE_ENV_A', 'RESCALE_ENV_', 'RESCALE_X');
  const value = fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => text.replace(/[\r\n]/g, ''));
  const line = fc.oneof(
    fc.tuple(word, fc.constantFrom('=', ' ', ' = ', '=" '), value).map(([w, form, v]) => `#${w}${form}${v}`),
    fc.tuple(fc.constantFrom('-N', '-pe', '-l', '-l constructor='), value).map(([o, v]) => `#$ ${o} ${v}`),
    value,
  );

  test('answers without throwing, and every problem names a line of the script', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        const { warnings, errors } = parseScript(lines.join('\n'));
        for (const problem of [...warnings, ...errors]) {
          expect(problem.line).toBeGreaterThanOrEqual(1);
          expect(problem.line).toBeLessThanOrEqual(Math.max(1, lines.length));
        }
      }),
    );
  });

  test('finds the same whatever the line ends and the indentation', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
        const directives = lines.filter((each) => each.startsWith('#'));
        const plain = parseScript(directives.join('\n'));
        expect(parseScript(directives.map((each) => `  ${each}`).join('\r\n'))).toEqual(plain);
      }),
    );
  });

  test('joins any number of values of one variable', () => {
    const plain = fc.stringMatching(/^[a-z0-9/]{0,8}$/);
    fc.assert(
      fc.property(fc.array(plain, { minLength: 1, maxLength: 5 }), (values) => {
        const script = values.map((each) => `#RESCALE_ENV_PATHS=${each}`).join('\n');
        expect(parseScript(script).settings.environment).toEqual({ PATHS: values.join(':') });
      }),
    );
  });
});
