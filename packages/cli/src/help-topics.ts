import { exitCodeMeanings } from './exit-codes.ts';

const texts: Record<string, () => string> = {
  'exit-codes': () =>
    [
      'Exit codes of quarry:',
      '',
      ...exitCodeMeanings.map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`),
    ].join('\n'),
  environment: () =>
    [
      'Environment variables that quarry reads, the first of each line wins:',
      '',
      '  RESCALE_API_BASE_URL, RESCALE_API_URL, RESCALE_PLATFORM_URL   address of the platform',
      '  RESCALE_API_KEY, RESCALE_API_TOKEN                            API key',
      '  RESCALE_CONFIG_FILE          profiles, instead of ~/.config/rescale/apiconfig',
      '  QUARRY_DATA                  data directory of `quarry serve`, instead of ~/.local/share/quarry',
      '  NO_COLOR, FORCE_COLOR        colours off, colours on',
      '',
      'Address and key are looked for in this order: --base-url and --api-key; --profile; the environment;',
      'the profile [default]; a server running on this machine (started by `quarry serve`).',
    ].join('\n'),
};

export const topics: readonly string[] = Object.keys(texts);

/** The text of a help subject that is not a command. */
export function describeTopic(name: string): string | undefined {
  return texts[name]?.();
}
