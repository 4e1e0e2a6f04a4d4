import { catalogue } from './en/catalogue.ts';
import { clusters } from './en/clusters.ts';
import { compare } from './en/compare.ts';
import { definition } from './en/definition.ts';
import { files } from './en/files.ts';
import { frame } from './en/frame.ts';
import { job } from './en/job.ts';
import { jobs } from './en/jobs.ts';
import { keeper } from './en/keeper.ts';
import { log } from './en/log.ts';
import { newJob } from './en/new-job.ts';
import { projects } from './en/projects.ts';
import { runs } from './en/runs.ts';
import { settings } from './en/settings.ts';
import { signIn } from './en/sign-in.ts';
import { sweep } from './en/sweep.ts';
import { templates } from './en/templates.ts';
import { today } from './en/today.ts';
import { usage } from './en/usage.ts';
import { variables } from './en/variables.ts';
import { viewers } from './en/viewers.ts';

/** Everything that people read, in one place; another language is another folder with the same shape. */
export const words = {
  catalogue,
  compare,
  clusters,
  definition,
  files,
  frame,
  job,
  jobs,
  keeper,
  log,
  newJob,
  projects,
  runs,
  settings,
  signIn,
  sweep,
  today,
  templates,
  usage,
  variables,
  viewers,
};
