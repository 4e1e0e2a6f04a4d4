import { argument, defineCommand } from '../../command.ts';
import { count } from '../../output/human.ts';

/** What the platform takes; it says so itself of any other. */
type Signal = Parameters<import('@quarry/sdk').Quarry['jobs']['signalRun']>[2];

export default defineCommand({
  details:
    'Sends a signal to the processes of the command that the run executes. SIGUSR1, SIGUSR2, SIGHUP and SIGWINCH go to ' +
    'those that handle them, which it ends with exit code 5 where there are none; SIGINT, SIGQUIT, SIGTERM, SIGSTOP, SIGTSTP and SIGCONT go to ' +
    'all. A command that is ended by one has failed: runs stop ends a run and keeps what it has written.',
  arguments: {
    job: argument('<job>', 'id of the job'),
    run: argument('<run>', 'number of the run'),
    signal: argument('<signal>', 'its name, such as SIGUSR1 or USR1'),
  },
  examples: [
    { command: 'quarry runs signal abcDEF 1 USR1', says: 'Have a solver write a checkpoint' },
    { command: 'quarry runs signal abcDEF 17 STOP', says: 'Hold a run; CONT lets it go on' },
  ],
  async run({ job, run, signal: name }, { sdk, signal }) {
    const processes = await sdk.jobs.signalRun(job, run, name as Signal, { signal });
    return { job, run, signal: `SIG${name.toUpperCase().replace(/^SIG/, '')}`, processes };
  },
  present({ run, signal, processes }, io) {
    io.print(`${signal} was sent to ${count(processes, 'process', 'processes')} of run ${run}.`);
  },
});
