import { argumentsList, defineCommand } from '../../command.ts';

export default defineCommand({
  details: 'Ends keys at once, also for programs that are using them. On Quarry servers only.',
  arguments: { keys: argumentsList('<key...>', 'ids of keys, see `quarry keys list`') },
  examples: [{ command: 'quarry keys revoke abcDEF', says: 'End one key' }],
  async run({ keys }, { sdk, signal }) {
    for (const key of keys) {
      await sdk.admin.revokeKey(key, { signal });
    }
    return { revoked: keys };
  },
  present({ revoked }, io) {
    for (const key of revoked) {
      io.print(`Key ${key} is revoked.`);
    }
  },
});
