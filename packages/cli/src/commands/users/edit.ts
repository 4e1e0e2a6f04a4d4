import { argument, choice, defineCommand, integer, text } from '../../command.ts';
import { usageError } from '../../errors.ts';
import { findUser } from '../../find-user.ts';

export default defineCommand({
  details: 'For administrators, and on Quarry servers only. Counts at once.',
  arguments: { user: argument('<user>', 'e-mail address or id') },
  options: {
    name: text('--name <text>', 'full name'),
    role: choice('--role <role>', 'what the user may do', ['member', 'manager', 'admin']),
    maxJobHours: integer('--max-job-hours <hours>', 'longest walltime of their jobs'),
  },
  examples: [{ command: 'quarry users edit ann@lab.example --role manager', says: 'More rights for Ann' }],
  async run({ user, name, role, maxJobHours }, { sdk, signal }) {
    if (name === undefined && role === undefined && maxJobHours === undefined) {
      throw usageError('There is nothing to change.', 'Give --name, --role or --max-job-hours.');
    }
    const { id } = await findUser(user, { sdk, signal });
    return await sdk.admin.updateUser(
      id,
      {
        ...(name !== undefined && { fullName: name }),
        ...(role !== undefined && { role }),
        ...(maxJobHours !== undefined && { maxJobHours }),
      },
      { signal },
    );
  },
  present({ email, fullName, role, maxJobHours }, io) {
    io.print(
      `User ${email} is ${fullName || 'without a name'}, ${role}, with jobs of at most ${maxJobHours} h.`,
    );
  },
});
