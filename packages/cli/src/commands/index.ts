import type { CommandEntry } from '../command.ts';

export const nouns: Record<string, string> = {
  auth: 'Log in, see who you are, log out',
  jobs: 'Submit jobs, watch them, read their logs',
  clusters: 'Look at the clusters that execute jobs; create, start and shut down persistent ones',
  runs: 'Look at the runs of a job, stop them, run or resume them again, read their results',
  files: 'Upload, download and look at files',
  storage: 'Create storage devices for jobs, and look after what lies on them',
  tasks: 'Look at what takes long at the platform, wait for it, cancel it',
  projects: 'List and create projects',
  users: 'List and create users, give them links for passwords (administrators)',
  keys: 'List, create and revoke API keys',
  'ssh-keys': 'List, add and remove the SSH keys that your jobs let in',
};

export const commands: readonly CommandEntry[] = [
  { path: ['serve'], summary: 'Run a platform on this machine', load: () => import('./serve.ts') },
  { path: ['open'], summary: 'Open the portal, signed in', load: () => import('./open.ts') },
  { path: ['demo'], summary: 'Run one real job from start to finish', load: () => import('./demo.ts') },
  {
    path: ['doctor'],
    summary: 'Check the platform, the key, the clock and the data directory',
    load: () => import('./doctor.ts'),
  },
  { path: ['auth', 'login'], summary: 'Save an API key', load: () => import('./auth/login.ts') },
  {
    path: ['auth', 'status'],
    summary: 'Show platform, user and key',
    load: () => import('./auth/status.ts'),
  },
  { path: ['auth', 'logout'], summary: 'Forget a saved API key', load: () => import('./auth/logout.ts') },
  { path: ['jobs', 'submit'], summary: 'Create and submit a job', load: () => import('./jobs/submit.ts') },
  { path: ['jobs', 'list'], summary: 'List jobs, newest first', load: () => import('./jobs/list.ts') },
  { path: ['jobs', 'show'], summary: 'Show one job', load: () => import('./jobs/show.ts') },
  { path: ['jobs', 'watch'], summary: 'Follow a job until it ends', load: () => import('./jobs/watch.ts') },
  { path: ['jobs', 'top'], summary: 'Show what runs use now', load: () => import('./jobs/top.ts') },
  {
    path: ['jobs', 'logs'],
    summary: 'Print or follow the output of a job',
    load: () => import('./jobs/logs.ts'),
  },
  {
    path: ['jobs', 'tail'],
    summary: 'Print or follow the end of a file of a job',
    load: () => import('./jobs/tail.ts'),
  },
  {
    path: ['jobs', 'sync'],
    summary: 'Follow a job and download its outputs as they appear',
    load: () => import('./jobs/sync.ts'),
  },
  {
    path: ['jobs', 'archive'],
    summary: 'Save the outputs of a job as one zip or tar',
    load: () => import('./jobs/archive.ts'),
  },
  {
    path: ['jobs', 'ssh'],
    summary: 'Log in to a running job',
    endsWithCommand: true,
    load: () => import('./jobs/ssh.ts'),
  },
  { path: ['jobs', 'stop'], summary: 'Stop jobs', load: () => import('./jobs/stop.ts') },
  {
    path: ['jobs', 'clone'],
    summary: 'Create a job like another one',
    load: () => import('./jobs/clone.ts'),
  },
  {
    path: ['jobs', 'rerun'],
    summary: 'Execute again what failed of jobs',
    load: () => import('./jobs/rerun.ts'),
  },
  { path: ['jobs', 'tag'], summary: 'Tag jobs', load: () => import('./jobs/tag.ts') },
  {
    path: ['jobs', 'field'],
    summary: 'Show or set custom fields of a job',
    load: () => import('./jobs/field.ts'),
  },
  {
    path: ['jobs', 'restart'],
    summary: 'Go on from what a job has left, as a new job',
    load: () => import('./jobs/restart.ts'),
  },
  {
    path: ['jobs', 'delete'],
    summary: 'Delete jobs and their outputs',
    load: () => import('./jobs/delete.ts'),
  },
  {
    path: ['jobs', 'sensitivity'],
    summary: 'Show which inputs an output of a sweep depends on',
    load: () => import('./jobs/sensitivity.ts'),
  },
  {
    path: ['jobs', 'surface'],
    summary: 'Fit a polynomial to an output of a sweep',
    load: () => import('./jobs/surface.ts'),
  },
  { path: ['sweep'], summary: 'Run a command with many parameters', load: () => import('./sweep.ts') },
  { path: ['runs', 'list'], summary: 'List the runs of a job', load: () => import('./runs/list.ts') },
  { path: ['runs', 'show'], summary: 'Show one run', load: () => import('./runs/show.ts') },
  { path: ['runs', 'table'], summary: 'Print or save the results', load: () => import('./runs/table.ts') },
  { path: ['runs', 'files'], summary: 'List the files of a run', load: () => import('./runs/files.ts') },
  {
    path: ['runs', 'tail'],
    summary: 'Print or follow the end of a file',
    load: () => import('./runs/tail.ts'),
  },
  { path: ['runs', 'stop'], summary: 'Stop single runs', load: () => import('./runs/stop.ts') },
  {
    path: ['runs', 'signal'],
    summary: 'Send a signal to a run',
    load: () => import('./runs/signal.ts'),
  },
  { path: ['runs', 'rerun'], summary: 'Execute runs again', load: () => import('./runs/rerun.ts') },
  {
    path: ['runs', 'resume'],
    summary: 'Go on with runs that were cut off',
    load: () => import('./runs/resume.ts'),
  },
  {
    path: ['runs', 'discard'],
    summary: 'Give up the directories of runs that were cut off',
    load: () => import('./runs/discard.ts'),
  },
  { path: ['clusters', 'list'], summary: 'List clusters', load: () => import('./clusters/list.ts') },
  { path: ['clusters', 'show'], summary: 'Show one cluster', load: () => import('./clusters/show.ts') },
  {
    path: ['clusters', 'create'],
    summary: 'Create a persistent cluster, which outlives its jobs',
    load: () => import('./clusters/create.ts'),
  },
  {
    path: ['clusters', 'start'],
    summary: 'Start a persistent cluster',
    load: () => import('./clusters/start.ts'),
  },
  {
    path: ['clusters', 'shutdown'],
    summary: 'Shut down a persistent cluster, with the jobs on it',
    load: () => import('./clusters/shutdown.ts'),
  },
  {
    path: ['clusters', 'attach'],
    summary: 'Attach saved jobs to a persistent cluster, and submit them',
    load: () => import('./clusters/attach.ts'),
  },
  {
    path: ['runs', 'snapshot'],
    summary: 'Take a snapshot of a run that executes',
    load: () => import('./runs/snapshot.ts'),
  },
  {
    path: ['runs', 'snapshots'],
    summary: 'List the snapshots of a run',
    load: () => import('./runs/snapshots.ts'),
  },
  { path: ['files', 'upload'], summary: 'Upload files', load: () => import('./files/upload.ts') },
  {
    path: ['files', 'download'],
    summary: 'Download files or all outputs of a job, verified',
    load: () => import('./files/download.ts'),
  },
  {
    path: ['files', 'archive'],
    summary: 'Save several files as one zip or tar',
    load: () => import('./files/archive.ts'),
  },
  { path: ['files', 'list'], summary: 'List files, newest first', load: () => import('./files/list.ts') },
  { path: ['files', 'show'], summary: 'Show what is known of a file', load: () => import('./files/show.ts') },
  {
    path: ['files', 'cat'],
    summary: 'Write a file to standard output',
    load: () => import('./files/cat.ts'),
  },
  { path: ['files', 'delete'], summary: 'Delete files', load: () => import('./files/delete.ts') },
  {
    path: ['storage', 'list'],
    summary: 'List storage devices, newest first',
    load: () => import('./storage/list.ts'),
  },
  {
    path: ['storage', 'create'],
    summary: 'Create and start a storage device',
    load: () => import('./storage/create.ts'),
  },
  {
    path: ['storage', 'show'],
    summary: 'Show a storage device',
    load: () => import('./storage/show.ts'),
  },
  {
    path: ['storage', 'rm'],
    summary: 'Delete storage devices, or what lies on them',
    load: () => import('./storage/rm.ts'),
  },
  {
    path: ['storage', 'ls'],
    summary: 'List what lies on a storage device',
    load: () => import('./storage/ls.ts'),
  },
  {
    path: ['storage', 'put'],
    summary: 'Put files onto a storage device',
    load: () => import('./storage/put.ts'),
  },
  {
    path: ['storage', 'get'],
    summary: 'Fetch files from a storage device',
    load: () => import('./storage/get.ts'),
  },
  {
    path: ['storage', 'cp'],
    summary: 'Copy stored files onto a storage device',
    load: () => import('./storage/cp.ts'),
  },
  { path: ['tasks', 'list'], summary: 'List tasks, newest first', load: () => import('./tasks/list.ts') },
  { path: ['tasks', 'show'], summary: 'Show one task', load: () => import('./tasks/show.ts') },
  { path: ['tasks', 'wait'], summary: 'Wait until a task has ended', load: () => import('./tasks/wait.ts') },
  { path: ['tasks', 'cancel'], summary: 'Cancel or forget tasks', load: () => import('./tasks/cancel.ts') },
  { path: ['coretypes'], summary: 'List core types and their prices', load: () => import('./coretypes.ts') },
  { path: ['analyses'], summary: 'List software and versions', load: () => import('./analyses.ts') },
  { path: ['prices'], summary: 'List prices of computing', load: () => import('./prices.ts') },
  { path: ['projects', 'list'], summary: 'List your projects', load: () => import('./projects/list.ts') },
  { path: ['projects', 'create'], summary: 'Create a project', load: () => import('./projects/create.ts') },
  { path: ['users', 'list'], summary: 'List users', load: () => import('./users/list.ts') },
  { path: ['users', 'create'], summary: 'Create a user', load: () => import('./users/create.ts') },
  {
    path: ['users', 'reset-password'],
    summary: 'Make a link by which a user sets a new password',
    load: () => import('./users/reset-password.ts'),
  },
  { path: ['events'], summary: 'List who did what', load: () => import('./events.ts') },
  { path: ['keys', 'list'], summary: 'List your API keys', load: () => import('./keys/list.ts') },
  { path: ['keys', 'create'], summary: 'Create an API key', load: () => import('./keys/create.ts') },
  { path: ['keys', 'revoke'], summary: 'Revoke API keys', load: () => import('./keys/revoke.ts') },
  {
    path: ['ssh-keys', 'list'],
    summary: 'List the SSH keys that your jobs let in',
    load: () => import('./ssh-keys/list.ts'),
  },
  {
    path: ['ssh-keys', 'add'],
    summary: 'Let an SSH key in to your jobs',
    load: () => import('./ssh-keys/add.ts'),
  },
  {
    path: ['ssh-keys', 'rm'],
    summary: 'Let an SSH key in no more',
    load: () => import('./ssh-keys/rm.ts'),
  },
  {
    path: ['completion'],
    summary: 'Print the completion script of a shell',
    load: () => import('./completion.ts'),
  },
];

/** The command with that path, such as `jobs submit`. */
export function findCommand(path: readonly string[]): CommandEntry | undefined {
  return commands.find((entry) => entry.path.join(' ') === path.join(' '));
}
