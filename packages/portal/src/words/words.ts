import { catalogue } from './en/catalogue.ts';
import { definition } from './en/definition.ts';
import { files } from './en/files.ts';
import { frame } from './en/frame.ts';
import { job } from './en/job.ts';
import { jobs } from './en/jobs.ts';
import { log } from './en/log.ts';
import { newJob } from './en/new-job.ts';
import { settings } from './en/settings.ts';
import { signIn } from './en/sign-in.ts';
import { viewers } from './en/viewers.ts';

/** Everything that people read, in one place; another language is another folder with the same shape. */
export const words = {
  catalogue,
  definition,
  files,
  frame,
  job,
  jobs,
  log,
  newJob,
  settings,
  signIn,
  viewers,
};
