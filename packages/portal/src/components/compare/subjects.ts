/** What is compared: a job, or one of its runs, written `JOB` or `JOB.RUN`. */
export interface Subject {
  jobId: string;
  runId: string | null;
}

export const FEWEST = 2;
export const MOST = 6;
const SUBJECT = /^([A-Za-z0-9]{1,64})(?:\.([1-9]\d{0,9}))?$/;

/** The subjects that an address names, each once; what is none of them is left out, as is what is too much. */
export function readSubjects(text: string | undefined): Subject[] {
  const subjects = new Map<string, Subject>();
  for (const part of (text ?? '').split(',')) {
    const [whole, jobId, runId] = SUBJECT.exec(part.trim()) ?? [];
    if (whole !== undefined && subjects.size < MOST) {
      subjects.set(whole, { jobId: jobId!, runId: runId ?? null });
    }
  }
  return [...subjects.values()];
}

export function subjectText({ jobId, runId }: Subject): string {
  return runId === null ? jobId : `${jobId}.${runId}`;
}
