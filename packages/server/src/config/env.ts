/** The names of the variables that the server reads, each read once, here. */
export interface Environment {
  data: string | undefined;
  port: string | undefined;
  host: string | undefined;
  publicUrl: string | undefined;
  logLevel: string | undefined;
  sandbox: string | undefined;
  cores: string | undefined;
  stateDirectory: string | undefined;
  home: string;
  path: string;
  modulePath: string | undefined;
}

export function readEnvironment(variables: NodeJS.ProcessEnv): Environment {
  const home = variables.HOME ?? '/';
  return {
    data: variables.QUARRY_DATA,
    port: variables.QUARRY_PORT,
    host: variables.QUARRY_HOST,
    publicUrl: variables.QUARRY_PUBLIC_URL,
    logLevel: variables.QUARRY_LOG_LEVEL,
    sandbox: variables.QUARRY_SANDBOX,
    cores: variables.QUARRY_CORES,
    stateDirectory:
      variables.QUARRY_STATE_DIR ?? `${variables.XDG_STATE_HOME ?? `${home}/.local/state`}/quarry`,
    home,
    path: variables.PATH ?? '',
    modulePath: variables.MODULEPATH,
  };
}
