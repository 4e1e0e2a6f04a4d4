import type { PlatformContext } from '../command.ts';
import { CliError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { ask } from '../prompt.ts';
import type { Plan } from './plan.ts';

/** Asks once, where somebody can be asked, before a sweep is submitted whose parameters reach nothing that the platform sees. */
export async function confirmSweep(
  { preview }: Plan,
  isSure: boolean,
  { io, signal }: Pick<PlatformContext, 'io' | 'signal'>,
): Promise<void> {
  // Earlier servers do not tell.
  const unreached = preview?.unreached ?? [];
  if (unreached.length === 0 || isSure || io.json || !io.canPrompt) {
    return;
  }
  for (const warning of preview!.warnings) {
    io.warn(warning);
  }
  const answer = await ask(io, 'Submit it all the same? [y/N] ', signal).catch(() => '');
  if (!/^y(es)?$/i.test(answer)) {
    throw new CliError('Not submitted: nothing was sent.', {
      code: 'not_confirmed',
      hint: `Name ${unreached[0]} in a template (--template) or in the command; --yes submits it as it is.`,
      exitCode: EXIT.usage,
    });
  }
}
