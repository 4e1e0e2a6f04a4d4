import { QuarryError } from '@quarry/sdk';
import { type ConnectedQuarry, connect } from '@quarry/sdk/node';
import type { LocalContext } from './command.ts';
import { CliError } from './errors.ts';
import { EXIT } from './exit-codes.ts';
import { version } from './version.ts';

/** Finds address and key (options, profile, environment, running server); warnings of the platform are shown. */
export async function openConnection({ global, settings, io }: LocalContext): Promise<ConnectedQuarry> {
  const { profile, baseUrl, apiKey, timeoutMs } = global;
  // A job that is looked at again and again says the same each time.
  const told = new Set<string>();
  const warnOnce = (message: string) => {
    if (told.has(message)) {
      return;
    }
    told.add(message);
    io.warn(message);
  };
  try {
    const connection = await connect({
      ...(profile !== undefined && { profile }),
      ...(baseUrl !== undefined && { baseUrl }),
      ...(apiKey !== undefined && { apiKey }),
      ...(timeoutMs !== undefined && { timeoutMs }),
      env: settings.environment,
      userAgent: `quarry-cli/${version} node/${process.versions.node}`,
      onWarning: ({ message }) => warnOnce(message),
    });
    io.detail(`Platform ${connection.baseUrl}, ${connection.source}`);
    return connection;
  } catch (cause) {
    if (!(cause instanceof QuarryError)) {
      throw cause;
    }
    throw new CliError(cause.message, {
      code: 'no_credentials',
      exitCode: EXIT.notPermitted,
      cause,
      ...(cause.hint !== null && { hint: cause.hint }),
    });
  }
}
