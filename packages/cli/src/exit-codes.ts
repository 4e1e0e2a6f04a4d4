/** What `quarry` tells the program that called it. Numbers are stable. */
export const EXIT = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  notPermitted: 3,
  notFound: 4,
  refused: 5,
  unreachable: 6,
  integrity: 7,
  jobFailed: 8,
  jobStopped: 9,
  diskFull: 10,
  permissionDenied: 11,
  readOnly: 12,
  nameTooLong: 13,
  isDirectory: 14,
  busy: 15,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const exitCodeMeanings: readonly { code: ExitCode; meaning: string }[] = [
  { code: EXIT.ok, meaning: 'Done.' },
  { code: EXIT.unexpected, meaning: 'Something unexpected, such as a broken local disk or a bug in quarry.' },
  { code: EXIT.usage, meaning: 'The command line, a directive or a local file is not as it must be.' },
  { code: EXIT.notPermitted, meaning: 'No API key, a wrong one, or one that may not do this.' },
  { code: EXIT.notFound, meaning: 'There is no such job, file, project, user or key.' },
  { code: EXIT.refused, meaning: 'The platform refused the request (HTTP 400, 409, 413, 429).' },
  {
    code: EXIT.unreachable,
    meaning: 'The platform could not be reached, or failed itself (HTTP 5xx, time-out).',
  },
  { code: EXIT.integrity, meaning: 'The bytes received are not the bytes promised (SHA-512 differs).' },
  {
    code: EXIT.jobFailed,
    meaning:
      'The job ended with outcome failed (jobs watch, jobs submit --wait, sweep, runs rerun --wait, runs resume --wait, jobs restart --wait, demo).',
  },
  { code: EXIT.jobStopped, meaning: 'The job was stopped or ran into its walltime.' },
  { code: EXIT.diskFull, meaning: 'A local disk is full, or a quota used up.' },
  { code: EXIT.permissionDenied, meaning: 'A local file or folder may not be read or written.' },
  { code: EXIT.readOnly, meaning: 'A local file system is read-only.' },
  { code: EXIT.nameTooLong, meaning: 'A local file system takes no name or path of that length.' },
  { code: EXIT.isDirectory, meaning: 'A folder stands where a local file must be.' },
  { code: EXIT.busy, meaning: 'Another transfer has the same local file right now.' },
  { code: EXIT.interrupted, meaning: 'Interrupted by Ctrl-C or SIGTERM.' },
];
