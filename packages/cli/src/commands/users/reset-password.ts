import { argument, defineCommand } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';

export default defineCommand({
  details:
    'For administrators, and on Quarry servers only. Prints a link by which the user sets a new password, once and within a ' +
    'day; give it to nobody else. The password that there is holds until then, and so do keys.',
  arguments: { user: argument('<user>', 'e-mail address or id') },
  examples: [{ command: 'quarry users reset-password ann@lab.example', says: 'A link for Ann' }],
  async run({ user }, { sdk, signal }) {
    const { id, email } = await find(user);
    return { ...(await sdk.admin.createPasswordLink(id, { signal })), user: email };

    async function find(named: string) {
      const search = named.includes('@') ? { search: named } : {};
      for await (const each of sdk.admin.listUsers({ page_size: 100, ...search }, { signal })) {
        if (each.id === named || each.email.toLowerCase() === named.toLowerCase()) {
          return each;
        }
      }
      throw new CliError(`There is no user ${named}.`, {
        code: 'no_user',
        hint: '`quarry users list` shows all of them.',
        exitCode: EXIT.notFound,
      });
    }
  },
  present({ url, user }, io) {
    io.note(`For ${user}, to set a new password; it opens once, within a day:`);
    io.print(url);
  },
});
