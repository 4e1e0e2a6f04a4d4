export const compare = {
  title: 'Compare',
  lead: 'Jobs and runs side by side.',
  differingOnly: 'Differing only',
  fact: 'What',
  differs: 'differs',
  nothing: 'nothing',
  hidden: (count: string, isOne: boolean) =>
    isOne ? 'One more is the same in all.' : `${count} more are the same in all.`,
  sections: {
    outcome: 'How it went',
    variables: 'Variables',
    results: 'Printed values',
    usage: 'What it used',
    definition: 'Definition',
  },
  outcome: {
    state: 'State',
    exitCode: 'Exit code',
    why: 'Why',
    attempt: 'Attempt',
    runs: 'Runs ended',
    failedRuns: 'Runs failed',
    time: 'Time',
    cost: 'Cost',
  },
  runOf: (run: string, job: string) => `Run ${run} of ${job}`,
  remove: (name: string) => `Compare without ${name}`,
  missing: (id: string) => `There is no ${id}, or it belongs to somebody else.`,
  tooFew: 'Nothing to compare yet',
  tooFewText: (fewest: string, most: string) =>
    `Select ${fewest} to ${most} jobs in the list of jobs, or runs in the list of runs of a job, and choose Compare.`,
  toJobs: 'To the jobs',
} as const;
