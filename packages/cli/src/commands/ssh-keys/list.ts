import { defineCommand } from '../../command.ts';
import { printTable } from '../../output/table.ts';

export default defineCommand({
  details: 'The keys that let you in to your running jobs, see `quarry jobs ssh`. On Quarry servers only.',
  examples: [{ command: 'quarry ssh-keys list', says: 'The keys of your profile' }],
  async run(_options, { sdk, signal }) {
    return (await sdk.users.me({ signal })).sshPublicKeys ?? [];
  },
  present(keys, io) {
    printTable(io, keys, [
      { header: 'Fingerprint', value: ({ fingerprint }) => fingerprint, style: () => 'bold' },
      { header: 'Type', value: ({ publicKey }) => publicKey.split(' ')[0]! },
      { header: 'Comment', value: ({ comment }) => comment, flexible: true },
    ]);
  },
});
