import { defineCommand, flag } from '../../command.ts';
import { printChecks } from '../../doctor/print-checks.ts';
import { CliError } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';

/** How often the platform is asked whether its doctor is ready. */
const ASK_MS = 500;

export default defineCommand({
  details:
    'For administrators, and on Quarry servers only. The server looks into its own data directory, which may lie on another ' +
    'machine, and goes on working meanwhile; it reads everything but the bytes of files. Exit code 0 means that no check ' +
    'found an error. `quarry doctor` looks from here.',
  options: { last: flag('--last', 'what was found when somebody last asked, without looking anew') },
  examples: [{ command: 'quarry system doctor', says: 'Look now, and wait for what is found' }],
  async run({ last }, { sdk, signal, clock }) {
    let look = last ? await sdk.admin.doctorRun({ signal }) : await sdk.admin.runDoctor({ signal });
    while (look.state === 'running') {
      await clock.sleep(ASK_MS, signal);
      look = await sdk.admin.doctorRun({ signal });
    }
    if (look.state === 'failed') {
      throw new CliError(`The doctor could not look: ${look.failure}`, {
        code: 'doctor_failed',
        exitCode: EXIT.unexpected,
      });
    }
    return { ok: look.checks.every(({ status }) => status !== 'error'), ...look };
  },
  present: ({ checks }, io) => printChecks(checks, io, 'quarry system doctor --last --json'),
  exitCode: ({ ok }) => (ok ? EXIT.ok : EXIT.unexpected),
});
