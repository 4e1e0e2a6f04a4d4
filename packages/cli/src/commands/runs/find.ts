import type { MatchesInFile } from '@quarry/sdk';
import { argument, defineCommand, flag, integer } from '../../command.ts';
import { printable } from '../../output/printable.ts';

const DEFAULT_MATCHES = 100;
const MOST_AT_ONCE = 1000;

interface FoundInRunFile {
  job: string;
  run: string;
  path: string;
  matches: MatchesInFile['matches'];
  /** Whether there may be more. */
  truncated: boolean;
}

export default defineCommand({
  details:
    'Looks for a text in a file of a run, line by line: in the work directory while it executes, among its outputs afterwards. The server searches, ' +
    'so that nothing is downloaded. Regular expressions (--regex) are those of JavaScript. Upper and lower case are the same unless told otherwise.',
  arguments: {
    job: argument('<job>', 'id of the job'),
    run: argument('<run>', 'number of the run'),
    path: argument('<path>', 'path of the file in the work directory'),
    text: argument('<text>', 'what is looked for'),
  },
  options: {
    regex: flag('-e, --regex', 'take it for a regular expression'),
    matchCase: flag('--match-case', 'upper and lower case differ'),
    limit: integer('-n, --limit <n>', `how many matches at most (${DEFAULT_MATCHES} unless told otherwise)`),
  },
  examples: [
    {
      command: "quarry runs find abcDEF 17 log.simpleFoam '^Time = ' --regex",
      says: 'The time steps of a solver',
    },
  ],
  async run(
    { job, run, path, text, regex = false, matchCase = false, limit = DEFAULT_MATCHES },
    { sdk, signal },
  ): Promise<FoundInRunFile> {
    const matches: MatchesInFile['matches'] = [];
    let next: MatchesInFile['next'] = { from: 0, line: 1 };
    while (next !== null && matches.length < limit) {
      const found: MatchesInFile = await sdk.jobs.findInRunFile(
        job,
        run,
        path,
        {
          ...{ q: text, regex, matchCase, from: next.from },
          ...(next.line !== null && { line: next.line }),
          limit: Math.min(MOST_AT_ONCE, limit - matches.length),
        },
        { signal },
      );
      matches.push(...found.matches);
      next = found.next;
    }
    return { job, run, path, matches, truncated: next !== null };
  },
  present({ matches, truncated }, io) {
    for (const { line, text } of matches) {
      io.print(`${line}: ${printable(text)}`);
    }
    if (matches.length === 0) {
      io.note('There is no match.');
    } else if (truncated) {
      io.note('There may be more matches: ask for them with --limit.');
    }
  },
});
