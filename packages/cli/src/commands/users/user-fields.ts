import { choice, integer, text, type ValuesOf } from '../../command.ts';

/** What administrators say of a user. */
export const userOptions = {
  name: text('--name <text>', 'full name'),
  role: choice('--role <role>', 'what the user may do', ['member', 'manager', 'admin']),
  maxJobHours: integer('--max-job-hours <hours>', 'longest walltime of their jobs'),
};

/** Those of them that were given, as the API names them. */
export function userFields({ name, role, maxJobHours }: ValuesOf<typeof userOptions>) {
  return {
    ...(name !== undefined && { fullName: name }),
    ...(role !== undefined && { role }),
    ...(maxJobHours !== undefined && { maxJobHours }),
  };
}
