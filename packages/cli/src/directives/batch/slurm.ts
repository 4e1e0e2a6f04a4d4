/** `#SBATCH` lines, as sbatch reads them (https://slurm.schedmd.com/sbatch.html). */
import { quoted } from '../../quoted.ts';
import { EFFECTS } from './effects.ts';
import {
  type BatchRequest,
  counted,
  handOn,
  named,
  nodeCount,
  type OptionEffect,
  type OptionTable,
  readOptions,
  type WrittenOption,
  warning,
} from './request.ts';

const PLACEMENT = warning("the cores of a slot are that job's alone, on one host.");

const time: OptionEffect = {
  request: (request, value) => {
    const seconds = secondsOf(value);
    if (seconds === null) {
      return `takes minutes, or a time such as 1:30:00 or 2-12:00, not "${value}".`;
    }
    if (seconds > 0) {
      request.walltimeSeconds = seconds;
    }
    return undefined;
  },
};

/** `gpu:2`, `gpu:a100:2`, `gpu`; several between commas. */
const resources = (field: 'gpus' | 'gpusPerNode'): OptionEffect => ({
  request: (request, value) => {
    const parts = value.split(',').filter((part) => part !== '' && part !== 'none');
    for (const part of parts) {
      const [, count = '1'] = /^(?:gpu(?::[^:\d][^:]*)?)(?::(\d+))?$/.exec(part) ?? [null, null];
      if (count === null || !part.startsWith('gpu')) {
        request.notes.push(`nothing here is known as ${part}.`);
      } else {
        request[field] = Number(count);
      }
    }
    return undefined;
  },
});

/** `2`, or with a kind such as `a100:2`. */
const gpus = (field: 'gpus' | 'gpusPerNode' | 'gpusPerTask'): OptionEffect => ({
  request: (request, value) => {
    const count = /^(?:[^:]+:)?(\d+)$/.exec(value)?.[1];
    if (count === undefined) {
      return `takes a number of GPUs, not "${value}".`;
    }
    request[field] = Number(count);
    return undefined;
  },
});

const OPTIONS: OptionTable = new Map<string, OptionEffect>([
  ['job-name', named],
  ['ntasks', counted('tasks')],
  ['cpus-per-task', counted('coresPerTask')],
  ['ntasks-per-node', counted('tasksPerNode')],
  ['nodes', nodeCount],
  ['time', time],
  ['gres', resources('gpusPerNode')],
  ['gpus', gpus('gpus')],
  ['gpus-per-node', gpus('gpusPerNode')],
  ['gpus-per-task', gpus('gpusPerTask')],
  ['export', { request: handOn }],
  ['array', EFFECTS.array],
  ['dependency', EFFECTS.dependency],
  ['partition', EFFECTS.queue],
  ['constraint', EFFECTS.queue],
  ['nodelist', EFFECTS.queue],
  ['exclude', EFFECTS.queue],
  ['qos', EFFECTS.lowPriority],
  ['account', EFFECTS.project],
  ['mem', EFFECTS.memory],
  ['mem-per-cpu', EFFECTS.memory],
  ['mem-per-gpu', EFFECTS.memory],
  ['output', EFFECTS.log],
  ['error', EFFECTS.log],
  ['open-mode', EFFECTS.log],
  ['chdir', EFFECTS.directory],
  ['exclusive', PLACEMENT],
  ['oversubscribe', PLACEMENT],
  ['hint', PLACEMENT],
  ['distribution', PLACEMENT],
  ['threads-per-core', PLACEMENT],
  ['begin', EFFECTS.begin],
  ['deadline', warning('a job starts as soon as there is room.')],
  ['requeue', warning('what becomes of runs that fail is said by retryPolicy of a definition.')],
  ['no-requeue', EFFECTS.repeat],
  ['mail-type', EFFECTS.mail],
  ['mail-user', EFFECTS.mail],
]);

/** Options of a letter, and the names of those. */
const LETTERS: Readonly<Record<string, string>> = {
  ...{ J: 'job-name', n: 'ntasks', c: 'cpus-per-task', N: 'nodes', t: 'time', G: 'gpus', a: 'array' },
  ...{ d: 'dependency', p: 'partition', C: 'constraint', w: 'nodelist', x: 'exclude', q: 'qos' },
  ...{ A: 'account', o: 'output', e: 'error', D: 'chdir', s: 'oversubscribe', m: 'distribution', b: 'begin' },
};
const WITHOUT_VALUE: ReadonlySet<string> = new Set([
  ...['exclusive', 'oversubscribe', 'requeue', 'no-requeue', 'hold', 'wait', 'verbose', 'quiet', 'parsable'],
  ...['contiguous', 'overcommit', 'spread-job', 'test-only', 'use-min-nodes', 'ignore-pbs', 'get-user-env'],
]);

export const slurm = {
  line: /^#SBATCH(?=\s|$)(.*)$/,
  options: OPTIONS,
  show: ({ option, value }: WrittenOption) => `#SBATCH --${option}${value === '' ? '' : `=${value}`}`,
  readLine: (text: string, line: number) => readOptions(text, line, { split, withoutValue: WITHOUT_VALUE }),
  /** What its scripts find in their environment, as a shell has it in the work directory. */
  variables: ({ tasks, coresPerTask, name }: BatchRequest): Record<string, string> => ({
    SLURM_SUBMIT_DIR: '"$PWD"',
    SLURM_NTASKS: String(tasks ?? 1),
    SLURM_NPROCS: String(tasks ?? 1),
    SLURM_NNODES: '1',
    SLURM_JOB_NUM_NODES: '1',
    SLURM_CPUS_ON_NODE: String((tasks ?? 1) * (coresPerTask ?? 1)),
    ...(coresPerTask !== undefined && { SLURM_CPUS_PER_TASK: String(coresPerTask) }),
    ...(name !== undefined && { SLURM_JOB_NAME: quoted(name) }),
  }),
  prefix: 'SLURM_',
};

/** `--time=90`, `--time 90`, `-t90` and `-t 90`; a letter stands for its name. */
function split(word: string): { option: string; value: string | undefined } {
  const [, name, given] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
  if (name !== undefined) {
    return { option: name, value: given };
  }
  const [, letter = word, attached = ''] = /^-([A-Za-z])(.*)$/s.exec(word) ?? [];
  return { option: LETTERS[letter] ?? letter, value: attached || undefined };
}

/** `M`, `M:S`, `H:M:S`, `D-H`, `D-H:M`, `D-H:M:S`; 0 for no limit, null for anything else. */
export function secondsOf(time: string): number | null {
  if (/^(infinite|unlimited|-1)$/i.test(time)) {
    return 0;
  }
  const match = /^(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?$/.exec(time);
  if (match === null) {
    return null;
  }
  const [, days, ...rest] = match;
  const [first = 0, second = 0, third = 0] = rest.map((part) => Number(part ?? 0));
  if (days !== undefined) {
    return Number(days) * 86_400 + first * 3600 + second * 60 + third;
  }
  return rest[2] === undefined ? first * 60 + second : first * 3600 + second * 60 + third;
}
