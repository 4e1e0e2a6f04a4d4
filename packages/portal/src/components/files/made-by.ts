/** Where the platform keeps outputs says which job and run made them. */
const OUTPUT = /\/output\/job_([A-Za-z0-9]{1,64})\/run(\d+)\//;

/** The job and the run that a file is an output of; null for other files. */
export function madeBy(path: string): { jobId: string; runId: string } | null {
  const [, jobId, runId] = OUTPUT.exec(path) ?? [];
  return jobId === undefined || runId === undefined ? null : { jobId, runId };
}
