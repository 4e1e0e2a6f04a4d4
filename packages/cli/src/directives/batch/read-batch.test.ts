import { describe, expect, test } from 'vitest';
import { parseScript } from '../parse.ts';
import { secondsOf } from './slurm.ts';

function read(...lines: string[]) {
  const { settings, warnings, errors } = parseScript(['#!/bin/bash', ...lines, './solve', ''].join('\n'));
  const words = (each: { line: number; message: string }[]) =>
    each.map(({ line, message }) => `${line}: ${message}`);
  return { settings, warnings: words(warnings), errors: words(errors) };
}

describe('lines of Slurm', () => {
  test('are taken where they have a meaning here, however they are written', () => {
    const { settings, warnings, errors } = read(
      '#SBATCH --job-name="Wing, second try" # a comment',
      '#SBATCH -n 4 --cpus-per-task=2 -N1',
      '#SBATCH --time 1-02:30:00',
      '#SBATCH --gres=gpu:a100:2',
      '#SBATCH --export=NONE,OMP_PLACES=cores',
      '##SBATCH --array=1-9',
    );
    expect([warnings, errors]).toEqual([[], []]);
    expect(settings).toEqual({
      name: 'Wing, second try',
      cores: 8,
      coresAreLeast: true,
      gpus: 2,
      walltimeHours: 26.5,
      environment: { OMP_PLACES: 'cores' },
      commandPrefix: expect.stringContaining('SLURM_NTASKS=4 '),
    });
    expect(settings.commandPrefix).toContain('SLURM_SUBMIT_DIR="$PWD"');
    expect(settings.commandPrefix).toContain(" SLURM_JOB_NAME='Wing, second try'; ");
  });

  test.each([
    ['90', 5400],
    ['0:30', 30],
    ['1:30:00', 5400],
    ['2-0', 172_800],
    ['1-1:1', 90_060],
    ['UNLIMITED', 0],
    ['1h', null],
    ['1-', null],
    ['', null],
  ])('have the time %s as %s seconds', (text, seconds) => {
    expect(secondsOf(text)).toBe(seconds);
  });

  test('are warned of by name where they have none', () => {
    const { settings, warnings, errors } = read(
      '#SBATCH -p long --mem=8G --exclusive --mail-type=END --odd=1',
      '#SBATCH --output=slurm-%j.out',
      '#SBATCH --export=ALL --gres=shard:1',
    );
    expect(errors).toEqual([]);
    expect(warnings).toEqual([
      expect.stringMatching(/^2: #SBATCH --partition=long is ignored: .*#RESCALE_CORE_TYPE/),
      expect.stringMatching(/^2: #SBATCH --mem=8G is ignored: memory comes with the cores/),
      expect.stringMatching(/^2: #SBATCH --exclusive is ignored/),
      expect.stringMatching(/^2: #SBATCH --mail-type=END is ignored: .*jobs watch/),
      '2: #SBATCH --odd=1 is ignored: it has no meaning here.',
      expect.stringMatching(/^3: #SBATCH --output=slurm-%j\.out is ignored: .*process_output\.log/),
      expect.stringMatching(/^4: #SBATCH --export=ALL is without effect: nothing of the shell/),
      '4: #SBATCH --gres=shard:1 is without effect: nothing here is known as shard:1.',
    ]);
    expect(settings).not.toHaveProperty('cores');
  });

  test.each([
    ['--array=1-10', /quarry sweep/],
    ['-d afterok:17', /--after ID/],
    ['--nodes=2-4', /a job has one host here/],
    ['-N 2 --ntasks-per-node=4', /a job has one host here/],
    ['--ntasks=none', /takes a number of at least 1, not "none"/],
    ['-t soon', /takes minutes, or a time/],
  ])('are refused where the result would be another one: %s', (option, words) => {
    expect(read(`#SBATCH ${option}`).errors).toEqual([expect.stringMatching(words)]);
  });

  test('behind the first command are ignored, as Slurm does, and that is said', () => {
    const { settings, warnings } = read('', 'module load openfoam', '#SBATCH --ntasks=4');
    expect(settings).not.toHaveProperty('cores');
    expect(warnings).toEqual([
      '4: #SBATCH --ntasks=4 is ignored: it stands behind the first command, in line 3.',
    ]);
  });

  test('give way to directives, and their variables are told when they are not set', () => {
    const { settings, warnings } = read(
      '#SBATCH --ntasks=4 --job-name=theirs',
      '#RESCALE_NAME=ours',
      '#RESCALE_CORES=2',
      'cd $SLURM_SUBMIT_DIR; mkdir /tmp/$SLURM_JOB_ID; echo ${SLURM_JOB_ID}',
      'srun -n $SLURM_NTASKS ./solve',
    );
    expect(settings).toMatchObject({ name: 'ours', cores: 2 });
    expect(settings).not.toHaveProperty('coresAreLeast');
    expect(warnings).toEqual([
      '5: $SLURM_JOB_ID is not set here; the id of a job is in $RESCALE_JOB_ID.',
      expect.stringMatching(/^6: srun is not there: start programs with mpirun/),
    ]);
  });

  test('may end as lines of Windows do', () => {
    expect(parseScript('\ufeff#SBATCH -n 2\r\n#SBATCH -J x\r\n./a\r\n').settings).toMatchObject({
      cores: 2,
      name: 'x',
    });
  });
});

test('of two systems in one script that of Slurm is taken, and that is said', () => {
  const { settings, warnings } = read('#PBS -l ncpus=9', '#SBATCH -n 4');
  expect(settings).toMatchObject({ cores: 4 });
  expect(warnings).toEqual(['2: The lines of PBS are ignored: the script has lines of Slurm as well.']);
});

describe('lines of PBS', () => {
  test.each<[string, object]>([
    ['nodes=1:ppn=4,walltime=01:30:00', { cores: 4, walltimeHours: 1.5 }],
    ['select=2:ncpus=4:mpiprocs=2:ngpus=1', { cores: 8, gpus: 2 }],
    ['select=1:ncpus=2+3:ncpus=1', { cores: 5 }],
    ['ncpus=6', { cores: 6 }],
    ['walltime=90', { walltimeHours: 0.025 }],
  ])('ask for what -l %s says', (resources, expected) => {
    const { settings, warnings, errors } = read(
      '#PBS -N wing',
      `#PBS -l ${resources}`,
      '#PBS -v A=1,B="x y"',
    );
    expect([warnings, errors]).toEqual([[], []]);
    expect(settings).toMatchObject({ name: 'wing', environment: { A: '1', B: 'x y' }, ...expected });
    expect(settings.commandPrefix).toContain('PBS_O_WORKDIR="$PWD" PBS_NODEFILE="$PWD/../machinefile"');
  });

  test('are warned of by name where they have no meaning', () => {
    const { warnings, errors } = read(
      '#PBS -q long -j oe -V',
      '#PBS -l mem=4gb,software=x',
      '#PBS -W umask=22',
    );
    expect(errors).toEqual([]);
    expect(warnings).toEqual([
      expect.stringMatching(/^2: #PBS -q long is ignored/),
      expect.stringMatching(/^2: #PBS -j oe is ignored/),
      expect.stringMatching(/^2: #PBS -V is ignored: .*NAME=value/),
      expect.stringMatching(/^3: #PBS -l mem=4gb,software=x is without effect: memory/),
      expect.stringMatching(/^3: .*nothing here is known as software/),
      expect.stringMatching(/^4: #PBS -W umask=22 is without effect/),
    ]);
  });

  test.each([
    ['-J 1-10', /quarry sweep/],
    ['-t 1-10', /quarry sweep/],
    ['-W depend=afterok:17', /--after ID/],
    ['-l nodes=2:ppn=4', /a job has one host here/],
    ['-l nodes=1:ppn=4+2:ppn=2', /a job has one host here/],
    ['-l select=2:ncpus=1,place=scatter', /one host here/],
    ['-l ncpus=some', /takes a number of cores/],
    ['-l walltime=long', /takes a walltime/],
  ])('are refused where the result would be another one: %s', (option, words) => {
    expect(read(`#PBS ${option}`).errors).toEqual([expect.stringMatching(words)]);
  });
});
