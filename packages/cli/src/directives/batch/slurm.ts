/** `#SBATCH` lines, as sbatch reads them (https://slurm.schedmd.com/sbatch.html). */
import {
  type BatchRequest,
  counted,
  handOn,
  named,
  nodeCount,
  type OptionEffect,
  type OptionTable,
  refusal,
  type WrittenOption,
  warning,
  wordsOf,
} from './request.ts';

const MEMORY = warning('memory comes with the cores of a slot: ask for more cores where it is not enough.');
const LOG = warning('what the command writes is in process_output.log.');
const QUEUE = warning('there are core types instead: name one with #RESCALE_CORE_TYPE or --core-type.');
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
  ['array', refusal('a job has no array here: `quarry sweep --param n=0:9:1` makes a run for each value.')],
  ['dependency', refusal('name the other job when this one is submitted: `quarry jobs submit --after ID`.')],
  ['partition', QUEUE],
  ['constraint', QUEUE],
  ['nodelist', QUEUE],
  ['exclude', QUEUE],
  ['qos', warning('there is low priority instead: #RESCALE_LOW_PRIORITY=on.')],
  ['account', warning('there are projects instead: #RESCALE_PROJECT_ID or --project.')],
  ['mem', MEMORY],
  ['mem-per-cpu', MEMORY],
  ['mem-per-gpu', MEMORY],
  ['output', LOG],
  ['error', LOG],
  ['open-mode', LOG],
  ['chdir', warning('a job works in a directory of its own, where its inputs are.')],
  ['exclusive', PLACEMENT],
  ['oversubscribe', PLACEMENT],
  ['hint', PLACEMENT],
  ['distribution', PLACEMENT],
  ['threads-per-core', PLACEMENT],
  ['begin', warning('a job starts as soon as there is room: submit it when it shall start.')],
  ['deadline', warning('a job starts as soon as there is room.')],
  ['requeue', warning('what becomes of runs that fail is said by retryPolicy of a definition.')],
  ['no-requeue', warning('a run is not repeated unless retryPolicy of a definition says so.')],
  ['mail-type', warning('nobody gets mail: `quarry jobs watch` tells the end.')],
  ['mail-user', warning('nobody gets mail: `quarry jobs watch` tells the end.')],
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
  readLine: (text: string, line: number): WrittenOption[] => readOptions(wordsOf(text), line),
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

function readOptions(words: readonly string[], line: number): WrittenOption[] {
  const found: WrittenOption[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    // What follows is a comment.
    if (word.startsWith('#')) {
      break;
    }
    const long = /^--([^=]+)(?:=(.*))?$/s.exec(word);
    const short = /^-([A-Za-z])(.*)$/s.exec(word);
    const option = long?.[1] ?? (short && (LETTERS[short[1]!] ?? short[1])) ?? word;
    let value = long ? long[2] : short?.[2] || undefined;
    if (value === undefined && !WITHOUT_VALUE.has(option) && words[index + 1]?.startsWith('-') === false) {
      index++;
      value = words[index]!;
    }
    found.push({ option, value: value ?? '', line });
  }
  return found;
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

export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
