/** `#PBS` lines, as qsub of PBS Professional, OpenPBS and Torque reads them. */
import {
  type BatchRequest,
  handOn,
  named,
  type OptionEffect,
  type OptionTable,
  refusal,
  type WrittenOption,
  warning,
  wordsOf,
} from './request.ts';
import { quoted } from './slurm.ts';

const LOG = warning('what the command writes is in process_output.log.');
const MAIL = warning('nobody gets mail: `quarry jobs watch` tells the end.');
const ARRAY = refusal('a job has no array here: `quarry sweep --param n=0:9:1` makes a run for each value.');
const DIRECTORY = warning('a job works in a directory of its own, where its inputs are.');
const MEMORY = 'memory comes with the cores of a slot: ask for more cores where it is not enough.';
const NO_EFFECT = new Map([
  ...['mem', 'pmem', 'vmem', 'pvmem'].map((name) => [name, MEMORY] as const),
  ...['host', 'vnode', 'arch'].map((name) => [name, 'all cores of a slot are on one host.'] as const),
]);

/** `-l` with all that it takes, between commas. */
const resources: OptionEffect = {
  request: (request, value) => {
    for (const part of value.split(',')) {
      const at = part.indexOf('=');
      const [name, given] = at < 0 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)];
      const problem = takeResource(request, name.trim(), given.trim());
      if (problem !== undefined) {
        return problem;
      }
    }
    return undefined;
  },
};

const OPTIONS: OptionTable = new Map<string, OptionEffect>([
  ['N', named],
  ['l', resources],
  ['v', { request: handOn }],
  ['J', ARRAY],
  ['t', ARRAY],
  [
    'W',
    {
      request: (request, value) => {
        if (value.includes('depend=')) {
          return 'name the other job when this one is submitted: `quarry jobs submit --after ID`.';
        }
        request.notes.push('it has no meaning here.');
        return undefined;
      },
    },
  ],
  ['q', warning('there are core types instead: name one with #RESCALE_CORE_TYPE or --core-type.')],
  ['A', warning('there are projects instead: #RESCALE_PROJECT_ID or --project.')],
  ['P', warning('there are projects instead: #RESCALE_PROJECT_ID or --project.')],
  ['o', LOG],
  ['e', LOG],
  ['j', LOG],
  ['k', LOG],
  ['m', MAIL],
  ['M', MAIL],
  ['d', DIRECTORY],
  ['w', DIRECTORY],
  ['V', warning('nothing of the shell that submits is handed on: name variables with -v NAME=value.')],
  ['S', warning('the first line of the script (#!) says by what it is read.')],
  ['p', warning('there is low priority instead: #RESCALE_LOW_PRIORITY=on.')],
  ['r', warning('a run is not repeated unless retryPolicy of a definition says so.')],
  ['a', warning('a job starts as soon as there is room: submit it when it shall start.')],
]);
const WITHOUT_VALUE: ReadonlySet<string> = new Set(['V', 'h', 'I', 'X', 'z', 'f']);

export const pbs = {
  line: /^#PBS(?=\s|$)(.*)$/,
  options: OPTIONS,
  show: ({ option, value }: WrittenOption) => `#PBS -${option}${value === '' ? '' : ` ${value}`}`,
  readLine: (text: string, line: number): WrittenOption[] => readOptions(wordsOf(text), line),
  /** What its scripts find in their environment, as a shell has it in the work directory. */
  variables: ({ cores, tasks, name }: BatchRequest): Record<string, string> => ({
    PBS_O_WORKDIR: '"$PWD"',
    PBS_NODEFILE: '"$PWD/../machinefile"',
    PBS_NP: String(tasks ?? cores ?? 1),
    NCPUS: String(cores ?? 1),
    ...(name !== undefined && { PBS_JOBNAME: quoted(name) }),
  }),
  prefix: 'PBS_',
};

function readOptions(words: readonly string[], line: number): WrittenOption[] {
  const found: WrittenOption[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    if (word.startsWith('#')) {
      break;
    }
    const [, option = word, attached = ''] = /^-([A-Za-z])(.*)$/s.exec(word) ?? [];
    let value = attached;
    if (value === '' && !WITHOUT_VALUE.has(option) && words[index + 1]?.startsWith('-') === false) {
      index++;
      value = words[index]!;
    }
    found.push({ option, value, line });
  }
  return found;
}

function takeResource(request: BatchRequest, name: string, given: string): string | undefined {
  switch (name) {
    case 'walltime': {
      const match = /^(?:(?:(\d+):)?(\d+):)?(\d+)(?:\.\d+)?$/.exec(given);
      if (match === null) {
        return `takes a walltime such as 1:30:00, not "${given}".`;
      }
      const [hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
      request.walltimeSeconds = hours! * 3600 + minutes! * 60 + seconds!;
      return undefined;
    }
    case 'select':
      return takeChunks(request, given);
    case 'nodes':
      return takeNodes(request, given);
    case 'ncpus':
    case 'procs':
      request.cores = countOf(given) ?? 0;
      return request.cores === 0 ? `takes a number of cores, not "${given}".` : undefined;
    case 'ngpus':
    case 'gpus':
      request.gpus = countOf(given) ?? 0;
      return undefined;
    case 'place':
      return /scatter/.test(given)
        ? 'asks for chunks on different hosts; a job has one host here.'
        : undefined;
    default:
      request.notes.push(NO_EFFECT.get(name) ?? `nothing here is known as ${name}.`);
      return undefined;
  }
}

/** `2:ncpus=4:mpiprocs=4:ngpus=1`, several joined by `+`; chunks may lie on one host. */
function takeChunks(request: BatchRequest, given: string): string | undefined {
  let [cores, tasks, gpus] = [0, 0, 0];
  for (const chunk of given.split('+')) {
    const parts = chunk.split(':');
    const count = /^\d+$/.test(parts[0]!) ? Number(parts.shift()) : 1;
    const values = new Map(parts.map((part) => part.split('=', 2) as [string, string]));
    const ncpus = countOf(values.get('ncpus') ?? '1');
    if (count < 1 || ncpus === null) {
      return `takes chunks such as select=1:ncpus=4, not "${given}".`;
    }
    cores += count * ncpus;
    tasks += count * (countOf(values.get('mpiprocs') ?? '') ?? 1);
    gpus += count * (countOf(values.get('ngpus') ?? '') ?? 0);
  }
  Object.assign(request, { cores, tasks, ...(gpus > 0 && { gpus }) });
  return undefined;
}

/** `1:ppn=4:gpus=1`, several joined by `+`. */
function takeNodes(request: BatchRequest, given: string): string | undefined {
  let [nodes, cores, gpus] = [0, 0, 0];
  for (const group of given.split('+')) {
    const [first = '', ...parts] = group.split(':');
    const count = countOf(first);
    const values = new Map(parts.map((part) => part.split('=', 2) as [string, string]));
    const ppn = countOf(values.get('ppn') ?? '1');
    if (count === null || ppn === null) {
      return `takes nodes such as nodes=1:ppn=4, not "${given}".`;
    }
    nodes += count;
    cores += count * ppn;
    gpus += count * (countOf(values.get('gpus') ?? '') ?? 0);
  }
  Object.assign(request, { nodes, cores, tasks: cores, ...(gpus > 0 && { gpus }) });
  return undefined;
}

function countOf(text: string): number | null {
  const number = Number(text);
  return /^\d+$/.test(text) && Number.isSafeInteger(number) && number > 0 ? number : null;
}
