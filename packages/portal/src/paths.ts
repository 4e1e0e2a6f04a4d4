/** Every address of the portal: the only place that builds one. `:jobId` and the like stand for an id. */
export const ADDRESSES = [
  '/',
  '/sign-in/',
  '/jobs/',
  '/jobs/new/',
  '/jobs/:jobId/',
  '/jobs/:jobId/log/',
  '/jobs/:jobId/runs/',
  '/jobs/:jobId/runs/:runId/',
  '/jobs/:jobId/runs/:runId/results/',
  '/jobs/:jobId/results/',
  '/jobs/:jobId/sweep/',
  '/jobs/:jobId/definition/',
  '/jobs/:jobId/edit/',
  '/compare/',
  '/files/',
  '/folders/:folderId/',
  '/files/:fileId/',
  '/trash/',
  '/software/',
  '/software/:code/',
  '/hardware/',
  '/clusters/',
  '/clusters/:clusterId/',
  '/storage/',
  '/storage/:deviceId/',
  '/in-browser-desktops/:clusterId/',
  '/notebooks/:clusterId/',
  '/usage/',
  '/projects/',
  '/projects/:projectId/',
  '/user/settings/api-key/',
  '/user/settings/profile/',
  '/user/settings/ssh-keys/',
  '/user/settings/notifications/',
  '/user/settings/appearance/',
  '/admin/users/',
  '/admin/projects/',
  '/admin/budgets/',
  '/admin/templates/',
  '/admin/catalogue/',
  '/admin/events/',
  '/admin/system/',
] as const;

export type Address = (typeof ADDRESSES)[number];

/** Ids of everything but software, whose codes have more signs. */
const ID = /^[A-Za-z0-9]{1,64}$/;
const CODE = /^[A-Za-z0-9._-]{1,64}$/;

/** Whether the parameters of an address can be what they stand for; if not, there is no such page. */
export function areParameters(parameters: Readonly<Record<string, string>>): boolean {
  return Object.entries(parameters).every(([name, value]) => (name === 'code' ? CODE : ID).test(value));
}

export const paths = {
  home: () => '/',
  signIn: () => '/sign-in/',
  jobs: () => '/jobs/',
  newJob: () => '/jobs/new/',
  job: (jobId: string) => `/jobs/${jobId}/`,
  jobLog: (jobId: string) => `/jobs/${jobId}/log/`,
  jobRuns: (jobId: string) => `/jobs/${jobId}/runs/`,
  run: (jobId: string, runId: string) => `/jobs/${jobId}/runs/${runId}/`,
  runResults: (jobId: string, runId: string) => `/jobs/${jobId}/runs/${runId}/results/`,
  jobResults: (jobId: string) => `/jobs/${jobId}/results/`,
  jobEdit: (jobId: string) => `/jobs/${jobId}/edit/`,
  jobSweep: (jobId: string) => `/jobs/${jobId}/sweep/`,
  jobDefinition: (jobId: string) => `/jobs/${jobId}/definition/`,
  compare: () => '/compare/',
  files: () => '/files/',
  file: (fileId: string) => `/files/${fileId}/`,
  software: () => '/software/',
  softwareOf: (code: string) => `/software/${encodeURIComponent(code)}/`,
  hardware: () => '/hardware/',
  clusters: () => '/clusters/',
  storage: () => '/storage/',
  templates: () => '/admin/templates/',
  apiKeys: () => '/user/settings/api-key/',
  profile: () => '/user/settings/profile/',
  sshKeys: () => '/user/settings/ssh-keys/',
  cluster: (clusterId: string) => `/clusters/${clusterId}/`,
  notebook: (clusterId: string) => `/notebooks/${clusterId}/`,
  device: (deviceId: string) => `/storage/${deviceId}/`,
  system: () => '/admin/system/',
  users: () => '/admin/users/',
  managedProjects: () => '/admin/projects/',
  catalogue: () => '/admin/catalogue/',
  events: () => '/admin/events/',
  /** The description of the API, a page that the server makes. */
  reference: () => '/api/reference/',
} as const;
