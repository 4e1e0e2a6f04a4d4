import type { Site } from '../support/seeded-site.ts';

export interface SitePage {
  /** Says what is to be seen, as the name of a file. */
  name: string;
  path: string;
}

/** Every page of the portal with something on it, as the owner of a seeded site sees it. */
export function pagesOf({ jobs, hostileJobs }: Site): SitePage[] {
  const job = (name: string, id: string) => ({ name, path: `/jobs/${id}/` });
  return [
    job('job-saved', jobs.saved),
    job('job-succeeded', jobs.succeeded),
    job('job-failed', jobs.failed),
    job('job-stopped', jobs.stopped),
    job('job-running', jobs.running),
    job('job-waiting', jobs.waiting),
    job('job-sweep', jobs.sweep),
    ...hostileJobs.map((id, index) => job(`job-hostile-${index + 1}`, id)),
    { name: 'log', path: `/jobs/${jobs.succeeded}/log/` },
    { name: 'log-long', path: `/jobs/${jobs.longLog}/log/` },
    { name: 'results', path: `/jobs/${jobs.succeeded}/results/` },
    { name: 'results-table', path: `/jobs/${jobs.succeeded}/results/?path=forces.csv` },
    { name: 'results-json', path: `/jobs/${jobs.succeeded}/results/?path=summary.json` },
    { name: 'results-image', path: `/jobs/${jobs.succeeded}/results/?path=circle.svg` },
    { name: 'results-bytes', path: `/jobs/${jobs.succeeded}/results/?path=restart.bin` },
    { name: 'run-results', path: `/jobs/${jobs.sweep}/runs/3/results/` },
    { name: 'definition', path: `/jobs/${jobs.sweep}/definition/?as=python` },
    ...pagesOfEverybody(),
    { name: 'no-such-page', path: '/jobs/none/' },
  ];
}

/** Pages that everybody has, with something on them or nothing. */
export function pagesOfEverybody(): SitePage[] {
  return [
    { name: 'jobs', path: '/jobs/' },
    { name: 'new-job', path: '/jobs/new/' },
    { name: 'files', path: '/files/' },
    { name: 'jobs-none-match', path: '/jobs/?q=nothing-is-called-so' },
    { name: 'software', path: '/software/' },
    { name: 'software-of', path: '/software/openfoam/' },
    { name: 'hardware', path: '/hardware/' },
    { name: 'clusters', path: '/clusters/?state=all' },
    { name: 'storage', path: '/storage/' },
    { name: 'settings-keys', path: '/user/settings/api-key/' },
    { name: 'settings-profile', path: '/user/settings/profile/' },
    { name: 'settings-ssh-keys', path: '/user/settings/ssh-keys/' },
  ];
}
