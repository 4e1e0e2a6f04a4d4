import { argument, defineCommand, integer, text } from '../../command.ts';
import { findUser } from '../../find-user.ts';

const DAY_MILLISECONDS = 86_400_000;

export default defineCommand({
  details: 'On Quarry servers only. The key is shown this once.',
  arguments: { name: argument('<name>', 'what the key is for') },
  options: {
    user: text(
      '--user <user>',
      'e-mail address or id of the user whom it is for, such as one who has lost theirs (administrators)',
    ),
    expiresInDays: integer('--expires-in-days <days>', 'days until the key ends by itself'),
  },
  examples: [
    { command: 'quarry keys create "new laptop" --user ann@lab.example', says: 'Another key for Ann' },
    { command: 'quarry keys create laptop', says: 'A key that does not expire' },
    {
      command: 'quarry keys create ci --expires-in-days 90 --json',
      says: 'A key for three months, for a program',
    },
  ],
  async run({ name, user, expiresInDays }, { sdk, clock, signal }) {
    const userId = user === undefined ? undefined : (await findUser(user, { sdk, signal })).id;
    const dateExpires =
      expiresInDays === undefined
        ? undefined
        : new Date(clock.now() + expiresInDays * DAY_MILLISECONDS).toISOString();
    return sdk.admin.createKey(
      { name, ...(dateExpires !== undefined && { dateExpires }), ...(userId !== undefined && { userId }) },
      { signal },
    );
  },
  present({ id, name, key, dateExpires }, io) {
    io.note(
      `Key ${id} (${name}), ${dateExpires ? `good until ${dateExpires}` : 'without an end'}. Shown only now:`,
    );
    io.print(key);
  },
});
