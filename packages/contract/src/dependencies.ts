/** Jobs that a job is to start after. */
import { z } from 'zod';
import { jobStatusName } from './job-status.ts';
import { wireChoice, wireObject, wireReference } from './wire.ts';

export const DEPENDENCY_CONDITIONS = ['success', 'failure', 'any'] as const;
/** How a job is to end before another one starts. */
export const dependencyCondition = z.enum(DEPENDENCY_CONDITIONS).meta({ id: 'DependencyCondition' });

/** A job that is to end first. */
export const dependencyDefinition = wireObject(
  {
    /** Id of the job; in a bulk request also `#0`, `#1` and so on for jobs of the same request, before this one. */
    jobId: wireReference(),
    /** How it is to end: `success`, `failure` (every other end, a stop by its user too), or `any`. */
    on: wireChoice(DEPENDENCY_CONDITIONS, (text) => text.toLowerCase()).default('success'),
  },
  { ignored: ['fulfilled', 'name', 'status'] },
).meta({ id: 'DependencyDefinition' });

/** A job that is to end first, and whether it has. */
export const dependency = z
  .strictObject({
    /** Id of the job. */
    jobId: z.string(),
    /** How it is to end. */
    on: dependencyCondition,
    /** Whether it has ended so; null until that is decided, and before submit. */
    fulfilled: z.boolean().nullable(),
    /** Its name; null where you may not see it, or it was deleted. */
    name: z.string().nullable(),
    /** The latest entry of its history; null before it is submitted, and where there is no name. */
    status: jobStatusName.nullable(),
  })
  .meta({ id: 'Dependency' });
export type Dependency = z.output<typeof dependency>;
