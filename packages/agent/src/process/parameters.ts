import { PARAMETER_VARIABLES_BYTES } from '../limits.ts';

/** What no parameter may be called in the environment of a command: it would be another program's word. */
const RESERVED =
  /^(?:RESCALE_.*|QUARRY_.*|LD_.*|BASH_.*|BASHOPTS|SHELLOPTS|ENV|IFS|PATH|HOME|MACHINES|HOSTLIST|FLUENT_HOSTS|MPI_ROOT)$/;
const PREFIX = 'QUARRY_PARAM_';
/** Where some had no room; absent where all have. */
const LEFT_OUT = 'QUARRY_PARAMS_LEFT_OUT';

/**
 * The parameters of a run as variables of its commands: each as `QUARRY_PARAM_<name>`, with `_` for what a shell takes for no
 * letter, and as `<name>` where that can be one and is not `taken`. What has no room is counted in one of its own.
 */
export function parameterVariables(
  parameters: readonly (readonly [name: string, text: string])[],
  taken: Readonly<Record<string, string>>,
): Record<string, string> {
  const variables = new Map<string, string>();
  let leftBytes = PARAMETER_VARIABLES_BYTES;
  let leftOut = 0;
  for (const [name, text] of parameters) {
    const needed = 2 * (Buffer.byteLength(name) + Buffer.byteLength(text)) + PREFIX.length;
    // Nor can a process be given a zero byte.
    if (needed > leftBytes || text.includes('\0')) {
      leftOut += 1;
      continue;
    }
    leftBytes -= needed;
    const prefixed = PREFIX + name.replaceAll(/[^A-Za-z0-9_]/g, '_');
    if (!variables.has(prefixed)) {
      variables.set(prefixed, text);
    }
    if (/^[A-Za-z_]\w*$/.test(name) && !RESERVED.test(name) && !Object.hasOwn(taken, name)) {
      variables.set(name, text);
    }
  }
  if (leftOut > 0) {
    variables.set(LEFT_OUT, String(leftOut));
  }
  return Object.fromEntries(variables);
}
