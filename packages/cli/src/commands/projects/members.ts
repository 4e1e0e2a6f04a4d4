import type { ManagedProject } from '@quarry/sdk';
import { argument, defineCommand, flag, type PlatformContext, texts } from '../../command.ts';
import { CliError, usageError } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';
import { findUser } from '../../find-user.ts';
import { printTable } from '../../output/table.ts';

export default defineCommand({
  details:
    'For administrators and for managers of the project, and on Quarry servers only. Without options it lists who belongs to it. ' +
    'Users are named by e-mail address or id; managers, who may not list users, name new ones by id.',
  arguments: { project: argument('<project>', 'id or name of the project') },
  options: {
    add: texts('--add <user>', 'user who comes into the project (repeatable)'),
    manager: flag('--manager', 'those who are added manage it; of members it makes managers'),
    remove: texts('--remove <user>', 'user who leaves it (repeatable); their jobs stay'),
  },
  examples: [
    { command: 'quarry projects members Wings', says: 'Who belongs to it' },
    { command: 'quarry projects members Wings --add ann@lab.example', says: 'Ann comes in' },
    { command: 'quarry projects members Wings --add ann@lab.example --manager', says: 'Ann manages it' },
  ],
  async run({ project: named, add, manager, remove }, context) {
    const { sdk, signal } = context;
    if (manager && add.length === 0) {
      throw usageError('--manager says what those become who are added: it needs --add.');
    }
    const before = await findProject(named, context);
    const ids: [adding: string[], removing: string[]] = [[], []];
    for (const [list, users] of [
      [ids[0], add],
      [ids[1], remove],
    ] as const) {
      for (const user of users) {
        list.push(await idOf(user, before, context));
      }
    }
    for (const userId of ids[0]) {
      await sdk.admin.addProjectMember(
        before.id,
        { userId, role: manager ? 'manager' : 'member' },
        { signal },
      );
    }
    for (const userId of ids[1]) {
      await sdk.admin.removeProjectMember(before.id, userId, { signal });
    }
    return add.length + remove.length === 0 ? before : await findProject(before.id, context);
  },
  fieldsOf: ({ members }) => members,
  present({ name, members }, io) {
    if (members.length === 0) {
      io.print(`Nobody belongs to ${name}.`);
      return;
    }
    printTable(io, members, [
      { header: 'Id', value: ({ userId }) => userId, style: () => 'bold' },
      { header: 'E-mail', value: ({ email }) => email, flexible: true },
      { header: 'Role', value: ({ role }) => role },
    ]);
  },
});

async function findProject(named: string, { sdk, signal }: PlatformContext): Promise<ManagedProject> {
  const found: ManagedProject[] = [];
  for await (const project of sdk.admin.listProjects({ page_size: 100 }, { signal })) {
    if (project.id === named) {
      return project;
    }
    if (project.name.toLowerCase() === named.toLowerCase()) {
      found.push(project);
    }
  }
  if (found.length > 1) {
    throw usageError(
      `Several projects are named "${named}": ${found.map(({ id }) => id).join(', ')}.`,
      'Name the one that you mean by its id.',
    );
  }
  if (found[0] === undefined) {
    throw new CliError(`You manage no project "${named}".`, {
      code: 'no_project',
      hint: '`quarry projects list` shows those that you belong to.',
      exitCode: EXIT.notFound,
    });
  }
  return found[0];
}

/** Who belongs to the project is known by it; others take an administrator, or are named by id. */
async function idOf(named: string, { members }: ManagedProject, context: PlatformContext): Promise<string> {
  const member = members.find(
    ({ userId, email }) => userId === named || email.toLowerCase() === named.toLowerCase(),
  );
  if (member) {
    return member.userId;
  }
  return named.includes('@') ? (await findUser(named, context)).id : named;
}
