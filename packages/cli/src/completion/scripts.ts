import type { CompletedCommand, CompletedOption } from './describe.ts';

/** The completion script of a shell for the given commands. */
export function completionScript(
  shell: 'bash' | 'zsh' | 'fish',
  commands: readonly CompletedCommand[],
  nouns: Readonly<Record<string, string>>,
): string {
  if (shell === 'fish') {
    return fishScript(commands, nouns);
  }
  const script = bashScript(commands, Object.keys(nouns));
  if (shell === 'bash') {
    return script;
  }
  // zsh reads bash completions once told to.
  return `#compdef quarry\nautoload -U +X bashcompinit && bashcompinit\n${script}`;
}

/** Words for each place: after `quarry`, after a noun, and the options of each command. */
function bashScript(commands: readonly CompletedCommand[], nouns: readonly string[]): string {
  const verbs = nouns.map((noun) => `    ${noun}) words="${verbsOf(noun, commands).join(' ')}" ;;`);
  const options = commands.map(({ path, options: all, words }) => {
    const names = all.flatMap((option) => option.names);
    return `    "${path.join(' ')}") options="${names.join(' ')}"; words="${words.join(' ')}" ;;`;
  });
  const choices = commands.flatMap((command) =>
    command.options
      .filter((option) => option.choices.length > 0)
      .flatMap((option) =>
        option.names.map(
          (name) =>
            `    "${command.path.join(' ')} ${name}") words="${option.choices.join(' ')}"; options="" ;;`,
        ),
      ),
  );
  return `# Completion of quarry for bash.
_quarry() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local first="\${COMP_WORDS[1]}" second="\${COMP_WORDS[2]}" command options="" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${firstWords(commands).join(' ')} --help --version" -- "$current"))
    return
  fi
  case "$first" in
${verbs.join('\n')}
  esac
  if [ -n "$words" ] && [ "$COMP_CWORD" -eq 2 ]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    return
  fi
  if [ -n "$words" ]; then command="$first $second"; else command="$first"; fi
  words=""
  case "$command" in
${options.join('\n')}
  esac
  case "$command $previous" in
${choices.join('\n')}
    *) case "$previous" in ${valueOptions(commands).join('|')}) options=""; words="" ;; esac ;;
  esac
  COMPREPLY=($(compgen -W "$options $words" -- "$current"))
}
complete -o bashdefault -o default -F _quarry quarry`;
}

function fishScript(commands: readonly CompletedCommand[], nouns: Readonly<Record<string, string>>): string {
  const lines = ['# Completion of quarry for fish.'];
  const atStart = '__fish_use_subcommand';
  for (const [noun, summary] of Object.entries(nouns)) {
    lines.push(fishWord(atStart, noun, summary));
  }
  for (const { path, summary, options, words } of commands) {
    const [first, second] = path;
    const verbs = second === undefined ? [] : verbsOf(first!, commands);
    if (second === undefined) {
      lines.push(fishWord(atStart, first!, summary));
    } else {
      const noVerbYet = `__fish_seen_subcommand_from ${first}; and not __fish_seen_subcommand_from ${verbs.join(' ')}`;
      lines.push(fishWord(noVerbYet, second, summary));
    }
    const here = path.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ');
    for (const word of words) {
      lines.push(fishWord(here, word, ''));
    }
    for (const option of options) {
      lines.push(fishOption(here, option));
    }
  }
  return lines.join('\n');
}

function fishWord(condition: string, word: string, description: string): string {
  return `complete -c quarry -n '${condition}' -f -a '${word}' -d '${quoteFish(description)}'`;
}

function fishOption(condition: string, { names, description, takesValue, choices }: CompletedOption): string {
  const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  const value = choices.length > 0 ? ` -x -a '${choices.join(' ')}'` : takesValue ? ' -r' : '';
  return `complete -c quarry -n '${condition}' ${flags.join(' ')}${value} -d '${quoteFish(description)}'`;
}

function quoteFish(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
}

function firstWords(commands: readonly CompletedCommand[]): string[] {
  return [...new Set(commands.map(({ path }) => path[0]!))];
}

function verbsOf(noun: string, commands: readonly CompletedCommand[]): string[] {
  return commands.filter(({ path }) => path[0] === noun && path.length === 2).map(({ path }) => path[1]!);
}

function valueOptions(commands: readonly CompletedCommand[]): string[] {
  const names = commands.flatMap(({ options }) =>
    options.filter(({ takesValue }) => takesValue).flatMap((option) => option.names),
  );
  return [...new Set(names)];
}
