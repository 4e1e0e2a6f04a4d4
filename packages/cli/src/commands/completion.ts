import { argument, choice, defineLocalCommand } from '../command.ts';
import { describeCommands } from '../completion/describe.ts';
import { completionScript } from '../completion/scripts.ts';

const shells = ['bash', 'zsh', 'fish'] as const;

export default defineLocalCommand({
  details: 'The script knows all commands and options of this version; print it again after an update.',
  arguments: {
    shell: { ...choice('<shell>', 'which shell', shells), flags: argument('<shell>', '').flags },
  },
  examples: [
    { command: 'quarry completion bash >> ~/.bashrc', says: 'For bash' },
    { command: 'quarry completion zsh > "$fpath[1]/_quarry"', says: 'For zsh' },
    { command: 'quarry completion fish > ~/.config/fish/completions/quarry.fish', says: 'For fish' },
  ],
  async run({ shell }, { list }) {
    return { shell: shell!, script: completionScript(shell!, await describeCommands(list), list.nouns) };
  },
  present({ script }, io) {
    io.print(script);
  },
});
