import { type SettingName, SURROUNDINGS, settings } from './settings.ts';

/** What the server takes from its environment, read once. */
export interface Environment {
  /** Settings as they were written; absent where no variable says anything. */
  settings: Partial<Record<SettingName, string>>;
  /** Where notes of running servers lie unless somebody says otherwise. */
  stateDirectory: string;
  home: string;
  path: string;
  modulePath: string | undefined;
}

export function readEnvironment(variables: NodeJS.ProcessEnv): Environment {
  const read = (name: keyof typeof SURROUNDINGS) => variables[SURROUNDINGS[name].variable];
  const home = read('home') ?? '/';
  const given = settings.flatMap(([name, { variable }]) => {
    const text = variable && variables[variable];
    return text ? [[name, text]] : [];
  });
  return {
    settings: Object.fromEntries(given),
    stateDirectory: `${read('stateHome') ?? `${home}/.local/state`}/quarry`,
    home,
    path: read('path') ?? '',
    modulePath: read('modulePath'),
  };
}
