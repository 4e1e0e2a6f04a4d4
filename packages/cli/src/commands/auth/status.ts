import { defineCommand } from '../../command.ts';
import { printFields } from '../../output/table.ts';

export default defineCommand({
  details:
    'Says which platform is used, as whom, and where address and key were found. The key is shown masked.',
  examples: [
    { command: 'quarry auth status', says: 'Who am I, and where' },
    {
      command: 'quarry auth status --profile lab --json',
      says: 'The same for a saved profile, for a program',
    },
  ],
  async run(_options, { sdk, signal }) {
    const user = await sdk.users.me({ signal });
    return {
      baseUrl: sdk.baseUrl,
      source: sdk.source,
      key: maskKey(sdk.transport.headers().authorization),
      user: user.email,
      name: user.fullName ?? '',
      workspace: user.workspace?.name ?? null,
      role: user.role ?? null,
      maxJobHours: user.maxJobHours ?? null,
    };
  },
  present(status, io) {
    printFields(io, [
      ['Platform', status.baseUrl],
      ['User', status.name ? `${status.name} <${status.user}>` : status.user],
      ['Role', status.role],
      ['Workspace', status.workspace],
      ['Longest job', status.maxJobHours ? `${status.maxJobHours} h` : null],
      ['Key', status.key],
      ['Found in', status.source],
    ]);
  },
});

/** The first characters, enough to tell keys apart. */
function maskKey(authorization: string | undefined): string | null {
  const key = authorization?.split(' ')[1];
  return key ? `${key.slice(0, 8)}…` : null;
}
