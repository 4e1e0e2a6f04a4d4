import { argumentsList, defineCommand } from '../../command.ts';

export default defineCommand({
  details:
    'The keys let nobody in any more from the next login on; sessions that are open stay. On Quarry servers only.',
  arguments: { fingerprints: argumentsList('<fingerprint...>', 'of the keys, see `quarry ssh-keys list`') },
  examples: [{ command: 'quarry ssh-keys rm SHA256:abc…', says: 'Take a lost key away' }],
  async run({ fingerprints }, { sdk, signal }) {
    await sdk.users.updateMe({ removeSshPublicKeys: fingerprints }, { signal });
    return { removed: fingerprints };
  },
  present({ removed }, io) {
    for (const fingerprint of removed) {
      io.print(`The key ${fingerprint} lets nobody in any more.`);
    }
  },
});
