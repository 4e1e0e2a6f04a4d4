/** `#PBS` lines, as qsub of PBS Professional, OpenPBS and Torque reads them. */
import { quoted } from '../../quoted.ts';
import { EFFECTS, WORDS } from './effects.ts';
import {
  type BatchRequest,
  countOf,
  handOn,
  named,
  type OptionEffect,
  type OptionTable,
  readOptions,
  type WrittenOption,
  warning,
} from './request.ts';

const NO_EFFECT = new Map([
  ...['mem', 'pmem', 'vmem', 'pvmem'].map((name) => [name, WORDS.memory] as const),
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
  ['J', EFFECTS.array],
  ['t', EFFECTS.array],
  [
    'W',
    {
      request: (request, value) => {
        if (value.includes('depend=')) {
          return WORDS.dependency;
        }
        request.notes.push('it has no meaning here.');
        return undefined;
      },
    },
  ],
  ['q', EFFECTS.queue],
  ['A', EFFECTS.project],
  ['P', EFFECTS.project],
  ['o', EFFECTS.log],
  ['e', EFFECTS.log],
  ['j', EFFECTS.log],
  ['k', EFFECTS.log],
  ['m', EFFECTS.mail],
  ['M', EFFECTS.mail],
  ['d', EFFECTS.directory],
  ['w', EFFECTS.directory],
  ['V', warning('nothing of the shell that submits is handed on: name variables with -v NAME=value.')],
  ['S', warning('the first line of the script (#!) says by what it is read.')],
  ['p', EFFECTS.lowPriority],
  ['r', EFFECTS.repeat],
  ['a', EFFECTS.begin],
]);
const WITHOUT_VALUE: ReadonlySet<string> = new Set(['V', 'h', 'I', 'X', 'z', 'f']);

export const pbs = {
  line: /^#PBS(?=\s|$)(.*)$/,
  options: OPTIONS,
  show: ({ option, value }: WrittenOption) => `#PBS -${option}${value === '' ? '' : ` ${value}`}`,
  readLine: (text: string, line: number) => readOptions(text, line, { split, withoutValue: WITHOUT_VALUE }),
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

/** `-lselect=1` and `-l select=1`. */
function split(word: string): { option: string; value: string | undefined } {
  const [, option = word, attached = ''] = /^-([A-Za-z])(.*)$/s.exec(word) ?? [];
  return { option, value: attached || undefined };
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
