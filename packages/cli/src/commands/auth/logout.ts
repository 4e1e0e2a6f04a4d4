import { profilesPath, removeProfile } from '@quarry/sdk/node';
import { defineLocalCommand } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';

export default defineLocalCommand({
  details:
    'Removes a profile from ~/.config/rescale/apiconfig. The key itself stays valid: see `quarry keys revoke`.',
  examples: [
    { command: 'quarry auth logout', says: 'Forget the profile [default]' },
    { command: 'quarry auth logout --profile lab', says: 'Forget another one' },
  ],
  async run(_options, { global, settings }) {
    const profile = global.profile ?? 'default';
    const file = profilesPath(settings.environment);
    if (!(await removeProfile(profile, settings.environment))) {
      throw new CliError(`There is no profile [${profile}] in ${file}.`, {
        code: 'not_found',
        exitCode: EXIT.notFound,
      });
    }
    return { profile, file };
  },
  present({ profile, file }, io) {
    io.print(`Profile [${profile}] is removed from ${file}.`);
  },
});
