import { argument, defineCommand, integer } from '../../command.ts';

const DAY_MILLISECONDS = 86_400_000;

export default defineCommand({
  details: 'On Quarry servers only. The key is shown this once.',
  arguments: { name: argument('<name>', 'what the key is for') },
  options: { expiresInDays: integer('--expires-in-days <days>', 'days until the key ends by itself') },
  examples: [
    { command: 'quarry keys create laptop', says: 'A key that does not expire' },
    {
      command: 'quarry keys create ci --expires-in-days 90 --json',
      says: 'A key for three months, for a program',
    },
  ],
  async run({ name, expiresInDays }, { sdk, clock, signal }) {
    const dateExpires =
      expiresInDays === undefined
        ? undefined
        : new Date(clock.now() + expiresInDays * DAY_MILLISECONDS).toISOString();
    return sdk.admin.createKey({ name, ...(dateExpires !== undefined && { dateExpires }) }, { signal });
  },
  present({ id, name, key, dateExpires }, io) {
    io.note(
      `Key ${id} (${name}), ${dateExpires ? `good until ${dateExpires}` : 'without an end'}. Shown only now:`,
    );
    io.print(key);
  },
});
