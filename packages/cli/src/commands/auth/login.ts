import { Quarry } from '@quarry/sdk';
import { environmentCredentials, profilesPath, writeProfile } from '@quarry/sdk/node';
import { defineLocalCommand } from '../../command.ts';
import { usageError } from '../../errors.ts';
import { ask, askHidden } from '../../prompt.ts';

export default defineLocalCommand({
  details:
    'Asks for what is not given, tries the key, and saves it as a profile in ~/.config/rescale/apiconfig, the file ' +
    'that other clients of this API read, too. Without --profile it is the profile [default].',
  examples: [
    { command: 'quarry auth login', says: 'Asks for address and key' },
    {
      command: 'quarry auth login --base-url http://hpc.example.lan:8080 --profile lab',
      says: 'A second platform, used with --profile lab',
    },
    {
      command: 'RESCALE_API_KEY=… quarry auth login --base-url http://hpc.example.lan:8080',
      says: 'Without questions, as in a script',
    },
  ],
  async run(_options, { io, global, settings, signal }) {
    const env = settings.environment;
    const found = environmentCredentials(env);
    const given = global.baseUrl ?? found.baseUrl ?? (await askOrRefuse('Address of the platform: '));
    const { baseUrl } = new Quarry({ baseUrl: given });
    // A key in the environment is for the address there, and goes to no other.
    const isForIt = found.baseUrl === null || new Quarry({ baseUrl: found.baseUrl }).baseUrl === baseUrl;
    const apiKey =
      global.apiKey ?? (isForIt ? found.apiKey : null) ?? (await askOrRefuse('API key (not shown): ', true));
    const { timeoutMs } = global;
    const sdk = new Quarry({ baseUrl, apiKey, ...(timeoutMs !== undefined && { timeoutMs }) });
    const user = await sdk.users.me({ signal });
    const profile = global.profile ?? 'default';
    await writeProfile(profile, { baseUrl, apiKey }, env);
    return { profile, file: profilesPath(env), baseUrl, user: user.email };

    async function askOrRefuse(question: string, hidden = false): Promise<string> {
      if (!io.canPrompt) {
        throw usageError(
          'There is no terminal to ask for address and key.',
          'Give --base-url, and the key in RESCALE_API_KEY.',
        );
      }
      return hidden ? askHidden(io, question, signal) : ask(io, question, signal);
    }
  },
  present({ profile, file, baseUrl, user }, io) {
    io.print(`Logged in to ${baseUrl} as ${user}.`);
    io.print(`Saved as profile [${profile}] in ${file}.`);
  },
});
