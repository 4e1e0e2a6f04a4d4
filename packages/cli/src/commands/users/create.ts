import { argument, defineCommand } from '../../command.ts';
import { userFields, userOptions } from './user-fields.ts';

export default defineCommand({
  details: 'For administrators, and on Quarry servers only. Prints the first API key of the user, this once.',
  arguments: { email: argument('<email>', 'e-mail address, which is also the user name') },
  options: userOptions,
  examples: [{ command: 'quarry users create ann@lab.example --name "Ann Lee"', says: 'A new member' }],
  async run({ email, ...given }, { sdk, io, signal }) {
    const user = await sdk.admin.createUser({ email, ...userFields(given) }, { signal });
    const { requiresProject } = await sdk.admin.server({ signal });
    if (requiresProject && user.role !== 'admin' && user.company.projects.length === 0) {
      io.advise(
        `Jobs here must belong to a project, and ${user.email} is in none: quarry projects members PROJECT --add ${user.email}`,
      );
    }
    return user;
  },
  present(user, io) {
    io.print(`User ${user.email} (${user.role}) is created.`);
    if (user.apiKey) {
      io.print(`Their API key, shown only now: ${user.apiKey}`);
    }
  },
});
