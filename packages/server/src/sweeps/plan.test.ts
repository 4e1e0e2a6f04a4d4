import { optimizerDefinition } from '@quarry/contract';
import { describe, expect, it } from 'vitest';
import { allTexts, csv, plan, refusal, variable } from '../../test/plan-harness.ts';
import { LIMITS } from '../limits.ts';
import { toDesignVariable } from './optimize/design-variable.ts';

describe('a job that varies nothing', () => {
  it('is one run without values', async () => {
    const found = await plan({});
    expect([found.variables, found.count, found.values(0)]).toEqual([[], 1, []]);
  });

  it('stays one run when only outputs are declared, and says that a nominal run has no effect', async () => {
    const warnings: string[] = [];
    const outputs = [variable('Cd', '', {}, { variableType: 'Output' })];
    const found = await plan(
      { jobvariables: outputs, includeNominalRun: true, monteCarloIterations: 5 },
      { warn: (text) => warnings.push(text) },
    );
    expect([found.variables, found.count]).toEqual([[], 1]);
    expect(warnings).toEqual([
      'monteCarloIterations has no effect: no variable of the job is drawn at random.',
      'includeNominalRun has no effect: the job varies nothing.',
    ]);
  });
});

describe('several kinds of variables', () => {
  it('multiply, cases slowest, then rows of the file, then generators with the last one fastest', async () => {
    const found = await plan({
      caseFile: csv('load\nlow\nhigh\n'),
      paramFile: csv('a,b\n1,x\n2,y\n'),
      jobvariables: [
        variable('q', 'Values', { values: ['u', 'v'] }, { displayOrder: 9 }),
        variable('p', 'Linspace', { minvalue: 0, maxvalue: 1, count: 2 }, { displayOrder: 3 }),
      ],
    });
    expect(found.variables.map(({ name, variableType }) => `${name} ${variableType}`)).toEqual([
      'p Param',
      'q Param',
      'load Case',
      'a Param',
      'b Param',
    ]);
    expect(found.count).toBe(16);
    expect(
      allTexts(found)
        .slice(0, 5)
        .map((texts) => texts.join(' ')),
    ).toEqual(['0 u low 1 x', '0 v low 1 x', '1 u low 1 x', '1 v low 1 x', '0 u low 2 y']);
    expect(found.values(15)).toEqual(['1', 'v', 'high', '2', 'y']);
    expect(() => found.values(16)).toThrow('There is no run 16 among 16.');
  });

  it('draw random variables together, once for each combination of the others', async () => {
    const found = await plan({
      monteCarloIterations: 3,
      jobvariables: [
        variable('x', 'Uniform', { minvalue: 0, maxvalue: 1, seed: 1 }),
        variable('n', 'FixedRange', { minvalue: 1, maxvalue: 2, increment: 1 }, { displayOrder: 1 }),
        variable('y', 'Normal', { mean: 0, stddev: 1, seed: 1 }, { displayOrder: 2 }),
      ],
    });
    expect(found.count).toBe(6);
    const pairs = allTexts(found);
    expect(new Set(pairs.map(([x, , y]) => `${x} ${y}`)).size).toBe(3);
    expect(pairs[0]![0]).toBe(pairs[1]![0]);
  });

  it('are refused by their product before anything is allocated', async () => {
    const many = (name: string) => variable(name, 'Linspace', { minvalue: 0, maxvalue: 1, count: 100_000 });
    const names = Array.from({ length: 200 }, (_, index) => `x${index}`);
    expect(await refusal(plan({ jobvariables: names.map(many) }))).toEqual({
      jobvariables: [
        expect.stringMatching(
          /^x0 \(100,000\) x x1 \(100,000\) x .* and more make about Infinity runs; a job has at most 100,000\.$/,
        ),
      ],
    });
    expect(await refusal(plan({ jobvariables: [many('x')], includeNominalRun: true }))).toEqual({
      jobvariables: ['x (100,000) and the nominal run make 100,001 runs; a job has at most 100,000.'],
    });
    const constant = names.map((name) => variable(name, 'Values', { values: [1] }));
    expect(await refusal(plan({ jobvariables: [...constant, many('x')] }))).toEqual({
      jobvariables: ['100,000 runs of 201 variables have 20,100,000 values; a job has at most 10,000,000.'],
    });
  });
});

describe('a nominal run', () => {
  it('comes last, with the centre of each generator or the value that the settings name', async () => {
    const found = await plan({
      includeNominalRun: true,
      monteCarloIterations: 1,
      paramFile: csv('a\n 1.50 \n'),
      jobvariables: [
        variable('a', '', { nominal: '1.0' }),
        variable('range', 'FixedRange', { minvalue: 0, maxvalue: 0.3, increment: 0.1 }),
        variable('line', 'Linspace', { minvalue: 1, maxvalue: 2, count: 3, nominal: 7 }),
        variable('list', 'Values', { values: ['k-e', 'k-w'] }),
        variable('u', 'Uniform', { minvalue: 0.1, maxvalue: 0.2 }),
        variable('t', 'Triangular', { minvalue: 0, mode: 0.2, maxvalue: 1 }),
        variable('n', 'Normal', { mean: 5, stddev: 1 }),
        variable('l', 'LogNormal', { mean: 0, stddev: 1 }),
      ],
    });
    expect(found.count).toBe(4 * 3 * 2 + 1);
    expect(found.values(24)).toEqual(['1.0', '0.15', '7', 'k-e', '0.15', '0.2', '5', '1']);
    expect(found.values(23)[0]).toBe('1.50');
  });

  it('needs a nominal value for every column of a file', async () => {
    expect(await refusal(plan({ paramFile: csv('a,b\n1,2\n'), includeNominalRun: true }))).toEqual({
      includeNominalRun: [
        'There is no nominal value of a, b: name it in jobvariables with valueGeneratorSettings {"nominal": …}.',
      ],
    });
  });
});

describe('variables', () => {
  it('of a file keep the order they were given, and the others follow', async () => {
    const found = await plan({
      paramFile: csv('a,b,c\n1,2,3\n'),
      jobvariables: [
        variable('c', '', {}, { displayOrder: 5 }),
        variable('b', '', {}, { displayOrder: 2 }),
        variable('Cd', '', {}, { variableType: 'Output', displayOrder: 1 }),
      ],
    });
    expect(found.variables).toEqual([
      variable('b', '', {}, { displayOrder: 2 }),
      variable('c', '', {}, { displayOrder: 5 }),
      variable('a', '', {}, { displayOrder: 6 }),
    ]);
    expect(found.values(0)).toEqual(['2', '3', '1']);
  });

  it('are refused with all that is wrong at once, by field', async () => {
    const body = await refusal(
      plan({
        paramFile: csv('a,Cd\n1,2\n'),
        jobvariables: [
          variable('x', 'Linspace', { minvalue: 2, maxvalue: 1, count: 0 }),
          variable('x', 'Values', { values: [1] }),
          variable('a', 'Values', { values: [1] }),
          variable('2x', 'Values', { values: [1] }),
          variable('nowhere', '', { nominal: 1 }),
          variable('Cd', 'Uniform', { minvalue: 0 }, { variableType: 'Output' }),
          variable('d', '', {}, { variableType: 'Design' }),
        ],
      }),
    );
    expect(body).toEqual({
      paramFile: ['The column "Cd" has the name of an output.'],
      jobvariables: [
        {
          valueGeneratorSettings: { maxvalue: ['Ensure this value is not less than minvalue, which is 2.'] },
        },
        { name: ['Variable 1 has the name "x" already.'] },
        {
          name: [
            'The paramFile has a column "a" too; give the variable another name, or leave its valueGeneratorType "".',
          ],
        },
        { name: ['A name has letters (A to Z), digits and underscores, and does not begin with a digit.'] },
        { valueGeneratorType: ['No file of the job has a column "nowhere". Choose a generator.'] },
        {
          valueGeneratorType: ['Runs give the values of variables of type Output; leave it "".'],
          valueGeneratorSettings: [
            'Runs give the values of variables of type Output; leave the settings out.',
          ],
        },
        { valueGeneratorType: ['No file of the job has a column "d". Choose a generator.'] },
      ],
    });
  });

  it('need a file or a generator', async () => {
    expect(
      await refusal(
        plan({
          jobvariables: [
            variable('x', ''),
            variable('d', '', { minvalue: 0, maxvalue: 1 }, { variableType: 'Design' }),
          ],
        }),
      ),
    ).toEqual({
      jobvariables: [
        {
          valueGeneratorType: [
            'The job has neither a paramFile nor a caseFile for its values. Choose a generator.',
          ],
        },
        {
          valueGeneratorType: [
            'A Design variable gets its values from an optimizer, and the job has none. Choose a generator.',
          ],
        },
      ],
    });
  });

  it('that look filled in for another file are left out, and said to be', async () => {
    const warnings: string[] = [];
    const found = await plan(
      { paramFile: csv('a\n1\n'), jobvariables: [variable('a', ''), variable('b', '')] },
      { warn: (text) => warnings.push(text) },
    );
    expect(found.variables.map(({ name }) => name)).toEqual(['a']);
    expect(warnings).toEqual(['The variable "b" was left out: no file of the job has such a column.']);
  });

  it('of the two files must not share names', async () => {
    expect(await refusal(plan({ paramFile: csv('a,b\n1,2\n'), caseFile: csv('b\n1\n') }))).toEqual({
      paramFile: ['The caseFile has a column "b" too; rename one.'],
    });
  });

  it('name the known settings when they have another', async () => {
    expect(
      await refusal(
        plan({ jobvariables: [variable('x', 'Linspace', { minvalue: 1, maxvalue: 2, cuont: 5 })] }),
      ),
    ).toEqual({
      jobvariables: [
        {
          valueGeneratorSettings: {
            cuont: ['Linspace has no setting of this name; it has: minvalue, maxvalue, count, nominal.'],
            count: ['This setting is required.'],
          },
        },
      ],
    });
    expect(
      await refusal(plan({ jobvariables: [variable('x', 'Values', { values: [1], VALUES: [2] })] })),
    ).toEqual({
      jobvariables: [
        { valueGeneratorSettings: { VALUES: ['"values" and "VALUES" are the same setting; give one.'] } },
      ],
    });
  });
});

describe('a definition with a file that cannot be read', () => {
  it('is refused under the field, without complaints about columns', async () => {
    const definition = { paramFile: { id: 'gone' }, jobvariables: [variable('a', '')] };
    expect(await refusal(plan(definition))).toEqual({
      paramFile: [expect.stringMatching(/^There is no file "gone"\. Check the id/)],
    });
  });

  it('asks for no more bytes than the limit', async () => {
    let asked = 0;
    const readFile = async (_: string, limitBytes: number) => {
      asked = limitBytes;
      return Buffer.from('a\n1\n');
    };
    await plan({ paramFile: { id: 'x' } }, { readFile });
    expect(asked).toBe(LIMITS.paramFileBytes);
  });

  it('fails as what it is when the platform is to blame', async () => {
    const readFile = () => Promise.reject(new Error('disk'));
    await expect(plan({ paramFile: { id: 'x' } }, { readFile })).rejects.toThrow('disk');
  });
});

describe('an optimizer', () => {
  const optimizer = optimizerDefinition.parse({ objective: { name: 'f' } });
  const design = (name: string, settings: Record<string, unknown>) =>
    variable(name, '', settings, { variableType: 'Design' });

  it('has Design variables and no runs beforehand', async () => {
    const found = await plan({
      optimizer,
      jobvariables: [design('x', { min: '0', max: 1 }), variable('f', '', {}, { variableType: 'Objective' })],
    });
    expect([found.variables.map(({ name }) => name), found.count]).toEqual([['x'], 0]);
    expect(() => found.values(0)).toThrow(RangeError);
  });

  it('chooses from integers or steps where a variable says so', async () => {
    const { variables } = await plan({
      optimizer,
      jobvariables: [
        design('x', { minvalue: 0.5, maxvalue: 9.5, integer: 'true', nominal: 4 }),
        design('y', { minvalue: 0, maxvalue: 1, step: '0.25' }),
        design('z', { low: -1, high: 1 }),
      ],
    });
    expect(variables.map(toDesignVariable)).toEqual([
      { name: 'x', min: 1, max: 9, step: 1, nominal: 4 },
      { name: 'y', min: 0, max: 1, step: 0.25, nominal: null },
      { name: 'z', min: -1, max: 1, step: null, nominal: null },
    ]);
  });

  it('is refused with steps that lead nowhere', async () => {
    const settings = { minvalue: 0, maxvalue: 2 };
    expect(
      await refusal(
        plan({
          optimizer,
          jobvariables: [
            design('w', { minvalue: 0.2, maxvalue: 1.8, integer: true }),
            design('x', { ...settings, increment: 3 }),
            design('y', { ...settings, increment: 0 }),
            design('z', { ...settings, increment: 0.5, integer: true }),
            design('1st', { ...settings, count: 3 }),
          ],
        }),
      ),
    ).toEqual({
      jobvariables: [
        {
          valueGeneratorSettings: {
            maxvalue: [
              'Between minvalue and maxvalue, 0.2 and 1.8, there are not two integers to choose from.',
            ],
          },
        },
        {
          valueGeneratorSettings: {
            increment: ['Ensure this value is greater than 0 and no more than the range, 2.'],
          },
        },
        {
          valueGeneratorSettings: {
            increment: ['Ensure this value is greater than 0 and no more than the range, 2.'],
          },
        },
        {
          valueGeneratorSettings: {
            increment: ['A valid integer is required: the variable takes integers only.'],
          },
        },
        {
          name: ['A name has letters (A to Z), digits and underscores, and does not begin with a digit.'],
          valueGeneratorSettings: {
            count: [
              'A Design variable has no setting of this name; it has: minvalue, maxvalue, integer, increment, nominal.',
            ],
          },
        },
      ],
    });
  });

  it('is refused with aims that are none', async () => {
    const aims = optimizerDefinition.parse({
      objective: { name: 'x' },
      constraints: [{ name: 'f' }, { name: 'g', min: 2, max: 1 }, { name: 'x', max: 1 }],
    });
    const why = '"x" is a variable that the optimizer chooses; name an output of the post-process script.';
    expect(
      await refusal(plan({ optimizer: aims, jobvariables: [design('x', { minvalue: 0, maxvalue: 1 })] })),
    ).toEqual({
      optimizer: {
        objective: { name: [why] },
        constraints: [
          { min: ['A constraint needs min, max or both; without them it bounds nothing.'] },
          { max: ['Ensure this value is not less than min, which is 2.'] },
          { name: [why] },
        ],
      },
    });
  });

  it('is refused with values from elsewhere', async () => {
    expect(
      await refusal(
        plan({
          optimizer,
          paramFile: { id: 'p' },
          caseFile: { id: 'c' },
          jobvariables: [
            design('x', { minvalue: 0, maxvalue: 0 }),
            design('y', { minvalue: 0, nominal: 3 }),
            design('z', { minvalue: 0, maxvalue: 1, nominal: 3 }),
            variable('p', ''),
            variable('q', 'Values', { values: [1] }),
          ],
        }),
      ),
    ).toEqual({
      paramFile: ['An optimizer chooses the values of every run; leave the file out, or the optimizer.'],
      caseFile: ['An optimizer chooses the values of every run; leave the file out, or the optimizer.'],
      jobvariables: [
        {
          valueGeneratorSettings: {
            maxvalue: ['Between minvalue and maxvalue, 0 and 0, there is nothing to search.'],
          },
        },
        { valueGeneratorSettings: { maxvalue: ['This setting is required.'] } },
        {
          valueGeneratorSettings: {
            nominal: ['Ensure this value is between minvalue and maxvalue, 0 and 1.'],
          },
        },
        { variableType: ['An optimizer gives values to variables of type Design only.'] },
        { valueGeneratorType: ['An optimizer chooses the values of every run; leave it "".'] },
      ],
    });
  });

  it('needs something to choose', async () => {
    expect(await refusal(plan({ optimizer }))).toEqual({
      optimizer: [expect.stringMatching(/^An optimizer needs variables to choose: /)],
    });
  });
});
