import type { Site } from '../support/seeded-site.ts';

export interface SitePage {
  /** Says what is to be seen, as the name of a file. */
  name: string;
  path: string;
}

/** Every page of the portal with something on it, as the owner of a seeded site sees it. */
export function pagesOf(site: Site): SitePage[] {
  const { jobs, hostileJobs } = site;
  const job = (name: string, id: string) => ({ name, path: `/jobs/${id}/` });
  const result = (name: string, search: string) => ({
    name: `results-${name}`,
    path: `/jobs/${jobs.succeeded}/results/?path=${search}`,
  });
  return [
    ...pagesOfEverybody(),
    { name: 'jobs-none-match', path: '/jobs/?q=nothing-is-called-so' },
    { name: 'jobs-selected', path: `/jobs/?sel=${jobs.succeeded}` },
    job('job-saved', jobs.saved),
    job('job-succeeded', jobs.succeeded),
    job('job-failed', jobs.failed),
    job('job-stopped', jobs.stopped),
    job('job-running', jobs.running),
    job('job-waiting', jobs.waiting),
    job('job-sweep', jobs.sweep),
    ...hostileJobs.map((id, index) => job(`job-hostile-${index + 1}`, id)),
    { name: 'job-edit', path: `/jobs/${jobs.savedSweep}/edit/` },
    { name: 'log', path: `/jobs/${jobs.succeeded}/log/` },
    { name: 'log-searched', path: `/jobs/${jobs.succeeded}/log/?q=%5ETime&re=1&line=120` },
    { name: 'log-long', path: `/jobs/${jobs.longLog}/log/` },
    { name: 'results', path: `/jobs/${jobs.succeeded}/results/` },
    result('table', 'forces.csv'),
    result('chart', 'forces.csv&view=chart'),
    result('residuals', 'process_output.log&view=residuals'),
    result('json', 'summary.json'),
    result('image', 'circle.svg'),
    result('markdown', 'report.md'),
    result('page', 'report.html'),
    result('archive', 'inputs.zip'),
    result('mesh', 'mesh.obj'),
    result('bytes', 'restart.bin'),
    { name: 'runs', path: `/jobs/${jobs.sweep}/runs/` },
    { name: 'run', path: `/jobs/${jobs.sweep}/runs/3/` },
    { name: 'run-failed', path: `/jobs/${jobs.failed}/runs/1/` },
    { name: 'run-results', path: `/jobs/${jobs.sweep}/runs/3/results/` },
    { name: 'sweep', path: `/jobs/${jobs.sweep}/sweep/?run=2` },
    { name: 'sweep-large', path: `/jobs/${jobs.largeSweep}/sweep/` },
    { name: 'sweep-of-none', path: `/jobs/${jobs.succeeded}/sweep/` },
    { name: 'definition', path: `/jobs/${jobs.sweep}/definition/` },
    { name: 'definition-python', path: `/jobs/${jobs.sweep}/definition/?as=python` },
    { name: 'compare', path: `/compare/?ids=${jobs.succeeded},${jobs.failed}.1&all=1` },
    { name: 'new-job-by-form', path: `/jobs/new/?template=${site.templateId}` },
    { name: 'file', path: `/files/${site.fileId}/` },
    { name: 'cluster', path: `/clusters/${site.clusterId}/` },
    { name: 'notebook', path: `/notebooks/${site.clusterId}/` },
    { name: 'desktop', path: `/in-browser-desktops/${site.clusterId}/` },
    { name: 'project', path: `/projects/${site.projectId}/` },
    { name: 'jobs-of-project', path: `/jobs/?project=${site.projectId}` },
    { name: 'usage-of-project', path: `/usage/?project=${site.projectId}&by=person` },
    { name: 'storage-device', path: `/storage/${site.deviceId}/` },
    { name: 'admin-system', path: '/admin/system/' },
    { name: 'admin-users', path: '/admin/users/' },
    { name: 'admin-projects', path: '/admin/projects/' },
    { name: 'admin-catalogue', path: '/admin/catalogue/' },
    { name: 'admin-events', path: '/admin/events/' },
    { name: 'admin-templates', path: '/admin/templates/' },
    { name: 'admin-template-new', path: '/admin/templates/?id=new' },
    { name: 'admin-template', path: `/admin/templates/?id=${site.templateId}` },
    { name: 'no-such-page', path: '/jobs/none/' },
    { name: 'no-trash', path: '/trash/' },
  ];
}

/** Pages that everybody has, with something on them or nothing. */
export function pagesOfEverybody(): SitePage[] {
  return [
    { name: 'today', path: '/' },
    { name: 'jobs', path: '/jobs/' },
    { name: 'new-job', path: '/jobs/new/' },
    { name: 'new-job-forms', path: '/jobs/new/?template=list' },
    { name: 'compare-nothing', path: '/compare/' },
    { name: 'files', path: '/files/' },
    { name: 'jobs-none-match', path: '/jobs/?q=nothing-is-called-so' },
    { name: 'software', path: '/software/' },
    { name: 'software-of', path: '/software/openfoam/' },
    { name: 'hardware', path: '/hardware/' },
    { name: 'clusters', path: '/clusters/?state=all' },
    { name: 'storage', path: '/storage/' },
    { name: 'projects', path: '/projects/' },
    { name: 'usage', path: '/usage/' },
    { name: 'usage-nothing', path: '/usage/?from=2001-01-01&to=2001-01-31&by=day' },
    { name: 'settings-keys', path: '/user/settings/api-key/' },
    { name: 'settings-profile', path: '/user/settings/profile/' },
    { name: 'settings-appearance', path: '/user/settings/appearance/' },
    { name: 'settings-ssh-keys', path: '/user/settings/ssh-keys/' },
  ];
}
