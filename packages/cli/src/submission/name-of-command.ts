import { basename } from 'node:path';

const setOf = (...lines: string[]) => new Set(lines.flatMap((line) => line.split(' ')));

/** What only prepares, up to the next command. */
const PREPARING = setOf(
  'cd set source . export module ulimit unset mkdir cp mv rm ln chmod tar unzip gunzip gzip',
  'echo printf sleep true : trap umask shopt alias test [',
);
/** What runs the command behind it. */
const LAUNCHERS = setOf(
  'mpirun mpiexec srun time nohup env exec nice ionice timeout stdbuf numactl taskset xvfb-run command eval sudo',
);
/** What runs the script behind it. */
const INTERPRETERS =
  /^(?:python[\d.]*|pypy3?|bash|sh|zsh|ksh|dash|node|deno|bun|perl|ruby|julia|Rscript|octave|matlab|java|tclsh|lua)$/;
const KEYWORDS = setOf('if then else elif do while until ! { } ( ) fi done');
const LONGEST = 60;

/** A job's name where none is given: the program that its command runs, or the script that an interpreter does. */
export function nameOfCommand(command: string): string {
  const simple = command.split(/&&|\|\||[;|\n]|(?<![<>])&(?!>)/).map(programOf);
  const first =
    simple.find((each) => each !== undefined && !each.isPreparing) ??
    simple.find((each) => each !== undefined);
  return (first?.name ?? '').slice(0, LONGEST) || 'job';
}

function programOf(simple: string): { name: string; isPreparing: boolean } | undefined {
  const words = simple
    .replace(/#.*$/, '')
    .split(/[\s()]+/)
    .map((word) => word.replaceAll(/["']/g, ''))
    .filter(Boolean);
  let isLaunched = false;
  for (const [index, word] of words.entries()) {
    const name = basename(word);
    if (KEYWORDS.has(word) || /^[A-Za-z_]\w*=/.test(word) || /^\d*[<>]/.test(word)) {
      continue;
    }
    // The options of a launcher, and their values.
    if (isLaunched && (word.startsWith('-') || /^[\d.:]+[smhd]?$/.test(word))) {
      continue;
    }
    if (word === 'for' || word === 'case' || word === 'function') {
      return undefined;
    }
    if (LAUNCHERS.has(word.startsWith('/') ? name : word)) {
      isLaunched = true;
      continue;
    }
    const script = INTERPRETERS.test(name) ? words.slice(index + 1).find(isScript) : undefined;
    return { name: basename(script ?? word), isPreparing: PREPARING.has(word) };
  }
  return undefined;
}

function isScript(word: string): boolean {
  return /^[^-=<>|]*\.[A-Za-z]\w*$/.test(word) || word.startsWith('./');
}
