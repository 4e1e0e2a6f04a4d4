import { NOT_OF_THE_SERVER, type SettingName, SURROUNDINGS, settings } from './settings.ts';

/** What the server takes from its environment, read once. */
export interface Environment {
  /** Settings as they were written; absent where no variable says anything. */
  settings: Partial<Record<SettingName, string>>;
  /** Where notes of running servers lie unless somebody says otherwise. */
  stateDirectory: string;
  home: string;
  path: string;
  modulePath: string | undefined;
  /** Names of variables that look like ours and say nothing to the server. */
  unknown: string[];
}

export function readEnvironment(variables: NodeJS.ProcessEnv): Environment {
  const read = (name: keyof typeof SURROUNDINGS) => variables[SURROUNDINGS[name].variable];
  const home = read('home') ?? '/';
  const given = settings.flatMap(([name, { variable }]) => {
    const text = variable && variables[variable];
    return text ? [[name, text]] : [];
  });
  const known = new Set(settings.map(([, { variable }]) => variable));
  return {
    settings: Object.fromEntries(given),
    stateDirectory: `${read('stateHome') ?? `${home}/.local/state`}/quarry`,
    home,
    path: read('path') ?? '',
    modulePath: read('modulePath'),
    unknown: Object.keys(variables).filter(
      (name) => name.startsWith('QUARRY_') && !known.has(name) && !NOT_OF_THE_SERVER.test(name),
    ),
  };
}
