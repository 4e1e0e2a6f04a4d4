import { argument, choice, defineCommand, integer, text } from '../../command.ts';

export default defineCommand({
  details: 'For administrators, and on Quarry servers only. Prints the first API key of the user, this once.',
  arguments: { email: argument('<email>', 'e-mail address, which is also the user name') },
  options: {
    name: text('--name <text>', 'full name'),
    role: choice('--role <role>', 'what the user may do', ['member', 'manager', 'admin']),
    maxJobHours: integer('--max-job-hours <hours>', 'longest walltime of their jobs'),
  },
  examples: [{ command: 'quarry users create ann@lab.example --name "Ann Lee"', says: 'A new member' }],
  async run({ email, name, role, maxJobHours }, { sdk, io, signal }) {
    const user = await sdk.admin.createUser(
      {
        email,
        ...(name !== undefined && { fullName: name }),
        ...(role !== undefined && { role }),
        ...(maxJobHours !== undefined && { maxJobHours }),
      },
      { signal },
    );
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
