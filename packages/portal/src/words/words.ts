import { files } from './en/files.ts';
import { frame } from './en/frame.ts';
import { job } from './en/job.ts';
import { jobs } from './en/jobs.ts';
import { log } from './en/log.ts';
import { signIn } from './en/sign-in.ts';

/** Everything that people read, in one place; another language is another folder with the same shape. */
export const words = { files, frame, job, jobs, log, signIn };
