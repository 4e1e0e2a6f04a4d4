import { argument, defineCommand } from '../../command.ts';
import { usageError } from '../../errors.ts';
import { findUser } from '../../find-user.ts';
import { userFields, userOptions } from './user-fields.ts';

export default defineCommand({
  details: 'For administrators, and on Quarry servers only. Counts at once.',
  arguments: { user: argument('<user>', 'e-mail address or id') },
  options: userOptions,
  examples: [{ command: 'quarry users edit ann@lab.example --role manager', says: 'More rights for Ann' }],
  async run({ user, ...given }, { sdk, signal }) {
    const changes = userFields(given);
    if (Object.keys(changes).length === 0) {
      throw usageError('There is nothing to change.', 'Give --name, --role or --max-job-hours.');
    }
    const { id } = await findUser(user, { sdk, signal });
    return await sdk.admin.updateUser(id, changes, { signal });
  },
  present({ email, fullName, role, maxJobHours }, io) {
    io.print(
      `User ${email} is ${fullName || 'without a name'}, ${role}, with jobs of at most ${maxJobHours} h.`,
    );
  },
});
