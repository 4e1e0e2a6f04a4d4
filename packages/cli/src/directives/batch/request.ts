/** What the options of a batch system in a script ask for, whichever system it is. */
export interface BatchRequest {
  name?: string;
  tasks?: number;
  coresPerTask?: number;
  tasksPerNode?: number;
  /** Cores altogether, where a system counts them so. */
  cores?: number;
  nodes?: number;
  gpus?: number;
  gpusPerNode?: number;
  gpusPerTask?: number;
  walltimeSeconds?: number;
  environment: Map<string, string>;
  /** What the option that is read has without effect, for its warning. */
  notes: string[];
}

/** What an option does: something to a request, or a word about why not. */
export type OptionEffect =
  | { request: (request: BatchRequest, value: string) => string | undefined }
  | { warning: string }
  | { error: string };

export type OptionTable = ReadonlyMap<string, OptionEffect>;

/** An option as it was written, with its line. */
export interface WrittenOption {
  option: string;
  /** Empty for one that has none. */
  value: string;
  line: number;
}

export const warning = (words: string): OptionEffect => ({ warning: words });
export const refusal = (words: string): OptionEffect => ({ error: words });

type Counted = 'tasks' | 'coresPerTask' | 'tasksPerNode' | 'cores' | 'gpusPerNode' | 'gpusPerTask' | 'gpus';

/** A whole number of at least 1; null for anything else. */
export function countOf(text: string): number | null {
  const number = Number(text);
  return /^\d+$/.test(text) && Number.isSafeInteger(number) && number > 0 ? number : null;
}

/** An option whose value is a number of something; the words are for a value that is none. */
export function counted(field: Counted): OptionEffect {
  return {
    request: (request, value) => {
      const count = countOf(value);
      if (count === null) {
        return `takes a number of at least 1, not "${value}".`;
      }
      request[field] = count;
      return undefined;
    },
  };
}

export const named: OptionEffect = {
  request: (request, value) => {
    request.name = value;
    return value === '' ? 'takes a name.' : undefined;
  },
};

/** `2`, or a range such as `1-4`, of which the least is enough. */
export const nodeCount: OptionEffect = {
  request: (request, value) => {
    const least = /^(\d+)(-\d+)?$/.exec(value)?.[1];
    if (least === undefined) {
      return `takes a number of nodes, not "${value}".`;
    }
    request.nodes = Number(least);
    return undefined;
  },
};

/** `NAME=value` pairs between commas go to the command; bare names would be taken from a shell that is not there. */
export function handOn(request: BatchRequest, value: string): string | undefined {
  for (const pair of value.split(',')) {
    const at = pair.indexOf('=');
    const name = pair.slice(0, at).trim();
    if (at > 0 && /^[A-Za-z_]\w*$/.test(name)) {
      request.environment.set(name, pair.slice(at + 1).replace(/^(["'])(.*)\1$/, '$2'));
    } else if (pair !== 'NONE' && pair !== 'NIL') {
      request.notes.push(
        'nothing of the shell that submits is handed on: write NAME=value for what is needed.',
      );
    }
  }
  return undefined;
}

/** Words of a line, as a shell splits them: blanks separate, quotes hold together. */
function wordsOf(text: string): string[] {
  const words = text.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g);
  return [...words].map(([word]) => word.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'));
}

/** How a system writes its options. */
interface Spelling {
  /** The option of a word, and the value where that stands in the same word. */
  split: (word: string) => { option: string; value: string | undefined };
  withoutValue: ReadonlySet<string>;
}

/** The options of a line, up to a comment; a value may be the next word. */
export function readOptions(text: string, line: number, { split, withoutValue }: Spelling): WrittenOption[] {
  const words = wordsOf(text);
  const found: WrittenOption[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    if (word.startsWith('#')) {
      break;
    }
    let { option, value } = split(word);
    if (value === undefined && !withoutValue.has(option) && words[index + 1]?.startsWith('-') === false) {
      index++;
      value = words[index]!;
    }
    found.push({ option, value: value ?? '', line });
  }
  return found;
}
