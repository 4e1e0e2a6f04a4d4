import { argument, defineCommand } from '../../command.ts';
import { findUser } from '../../find-user.ts';

export default defineCommand({
  details:
    'For administrators, and on Quarry servers only. Prints a link by which the user sets a new password, once and within a ' +
    'day; give it to nobody else. The password that there is holds until then, and so do keys.',
  arguments: { user: argument('<user>', 'e-mail address or id') },
  examples: [{ command: 'quarry users reset-password ann@lab.example', says: 'A link for Ann' }],
  async run({ user }, { sdk, signal }) {
    const { id, email } = await findUser(user, { sdk, signal });
    return { ...(await sdk.admin.createPasswordLink(id, { signal })), user: email };
  },
  present({ url, user }, io) {
    io.note(`For ${user}, to set a new password; it opens once, within a day:`);
    io.print(url);
  },
});
