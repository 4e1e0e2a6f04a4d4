import { ApiError, type Quarry } from '@quarry/sdk';
import type { LocalContext } from '../command.ts';
import { describeError } from '../errors.ts';
import { formatDuration } from '../output/human.ts';
import { version } from '../version.ts';
import type { Check } from './data-directory.ts';

/** A clock that is off by more makes dates misleading, and signed requests of proxies fail. */
const LARGEST_SKEW_SECONDS = 30;

/** Looks at the platform in use from outside. Without one, that is an error only when nothing else is looked at. */
export async function checkPlatform(context: LocalContext, isOptional: boolean): Promise<Check[]> {
  const checks: Check[] = [
    ok('quarry', `version ${version} on Node ${process.versions.node}, ${process.platform} ${process.arch}`),
  ];
  let sdk: Awaited<ReturnType<LocalContext['connect']>>;
  try {
    sdk = await context.connect();
  } catch (error) {
    const { report } = await describeError(error);
    const status = isOptional ? 'warning' : 'error';
    checks.push({ name: 'platform', status, message: report.message, hint: report.hint ?? null });
    return checks;
  }
  const platform = await checkReachable(sdk, context.signal);
  checks.push(platform);
  if (platform.status === 'error') {
    return checks;
  }
  checks.push(await checkKey(sdk, context.signal), await checkClock(sdk, context));
  return checks;
}

async function checkReachable(sdk: Quarry & { source: string }, signal: AbortSignal): Promise<Check> {
  const name = 'platform';
  try {
    const info = await sdk.admin.server({ signal });
    const answers = `${sdk.baseUrl} answers: ${info.name} ${info.version} (${sdk.source})`;
    if (info.version === version) {
      return ok(name, answers);
    }
    return {
      name,
      status: 'warning',
      message: `${answers}, and this quarry is ${version}`,
      hint: 'Most calls work between versions; one that the server lacks is named when it is needed. Update the older side.',
    };
  } catch (error) {
    // Other platforms do not say their version; any refusal shows that they are there.
    if (error instanceof ApiError && error.status < 500) {
      return ok(name, `${sdk.baseUrl} answers; it does not tell its version (${sdk.source})`);
    }
    return failed(name, error);
  }
}

async function checkKey(sdk: Quarry, signal: AbortSignal): Promise<Check> {
  try {
    const user = await sdk.users.me({ signal });
    return ok('key', `is good, and belongs to ${user.email}`);
  } catch (error) {
    return failed('key', error);
  }
}

/** Compares the clocks by the `Date` header, which has whole seconds. */
async function checkClock(sdk: Quarry, { clock, signal }: LocalContext): Promise<Check> {
  const name = 'clock';
  try {
    const before = clock.now();
    const date = await sdk.transport.exchange(
      { method: 'GET', path: '/api/v2/users/me/', signal },
      async (response) => {
        await response.arrayBuffer();
        return response.headers.get('date');
      },
    );
    const middle = (before + clock.now()) / 2;
    if (date === null) {
      return ok(name, 'cannot be compared: the platform sends no date');
    }
    const skew = Math.max(0, Math.abs(Date.parse(date) - middle) / 1000 - 1);
    if (skew <= LARGEST_SKEW_SECONDS) {
      return ok(name, 'agrees with the platform');
    }
    return {
      name,
      status: 'warning',
      message: `differs from that of the platform by ${formatDuration(skew)}`,
      hint: 'Let both machines set their clocks from the network (NTP).',
    };
  } catch (error) {
    signal.throwIfAborted();
    // The key's own check has said what is wrong already.
    if (error instanceof ApiError) {
      return ok(name, 'was not compared');
    }
    return failed(name, error);
  }
}

function ok(name: string, message: string): Check {
  return { name, status: 'ok', message, hint: null };
}

async function failed(name: string, error: unknown): Promise<Check> {
  const { report } = await describeError(error);
  return { name, status: 'error', message: report.message, hint: report.hint ?? null };
}
