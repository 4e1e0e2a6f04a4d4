/** Words that people try, and the commands that they mean. */
import { findCommand, nouns } from './commands/index.ts';

/** Alone, in front. */
const COMMANDS: Record<string, string> = {
  submit: 'jobs submit',
  list: 'jobs list',
  ls: 'jobs list',
  ps: 'jobs list',
  show: 'jobs show',
  status: 'jobs show',
  watch: 'jobs watch',
  wait: 'jobs watch',
  logs: 'jobs logs',
  log: 'jobs logs',
  tail: 'jobs tail',
  top: 'jobs top',
  stop: 'jobs stop',
  cancel: 'jobs stop',
  kill: 'jobs stop',
  edit: 'jobs edit',
  clone: 'jobs clone',
  rerun: 'jobs rerun',
  compare: 'jobs compare',
  ssh: 'jobs ssh',
  sync: 'jobs sync',
  upload: 'files upload',
  put: 'files upload',
  download: 'files download',
  cat: 'files cat',
  login: 'auth login',
  logout: 'auth logout',
  whoami: 'auth status',
};

/** Behind a noun that has no such verb itself, the first that it has. */
const VERBS: Record<string, readonly string[]> = {
  ls: ['list'],
  list: ['ls'],
  rm: ['delete', 'revoke', 'cancel'],
  remove: ['delete', 'rm', 'revoke'],
  del: ['delete', 'rm'],
  delete: ['rm', 'revoke'],
  cancel: ['stop'],
  kill: ['stop'],
  log: ['logs'],
  get: ['show', 'download'],
  info: ['show'],
  describe: ['show'],
  status: ['show'],
  view: ['show'],
  wait: ['watch'],
  follow: ['watch'],
  run: ['submit'],
  create: ['submit', 'add', 'upload'],
  add: ['create', 'upload'],
  new: ['create', 'submit'],
  put: ['upload'],
  copy: ['clone', 'cp'],
  cp: ['clone'],
  change: ['edit'],
  update: ['edit'],
  modify: ['edit'],
  retry: ['rerun'],
  diff: ['compare'],
  disable: ['deactivate'],
  enable: ['activate'],
};

/** Words that could mean several commands: which those are. */
const AMBIGUOUS: Record<string, readonly string[]> = {
  rm: ['jobs delete', 'files delete'],
  delete: ['jobs delete', 'files delete'],
  get: ['files download', 'jobs show'],
  run: ['jobs submit', 'sweep'],
  queue: ['jobs list --running'],
  restart: ['jobs restart', 'jobs rerun'],
  cp: ['files upload', 'files download', 'storage cp'],
};

/** The command that one or two words mean which are none themselves; undefined where they are, or mean nothing. */
export function meantBy([first, second]: readonly string[]):
  | { takes: 1 | 2; path: readonly string[] }
  | undefined {
  if (first === undefined || findCommand([first]) || first === 'help') {
    return undefined;
  }
  if (first in nouns) {
    const verb = second !== undefined && !findCommand([first, second]) ? verbOf(first, second) : undefined;
    return verb === undefined ? undefined : { takes: 2, path: [first, verb] };
  }
  const meant = Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined;
  return meant === undefined ? undefined : { takes: 1, path: meant.split(' ') };
}

function verbOf(noun: string, word: string): string | undefined {
  const meant = Object.hasOwn(VERBS, word) ? VERBS[word] : undefined;
  return meant?.find((verb) => findCommand([noun, verb]));
}

/** Commands of which a word alone does not say which one it means. */
export function mayMean(word: string): readonly string[] {
  return Object.hasOwn(AMBIGUOUS, word) ? AMBIGUOUS[word]! : [];
}
