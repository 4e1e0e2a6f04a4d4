import type { RunSignal, SignalRequest, Wanted } from '@quarry/contract';
import { type Caller, person } from '../../access/caller.ts';
import { findOwnJob } from '../../db/queries/find-job.ts';
import { findRun } from '../../db/queries/find-runs.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { conflict, type Problem } from '../../problems.ts';
import type { RequestAnswer } from '../life/agent-requests.ts';
import { toRunId } from '../runs/attempts.ts';
import type { Domain } from './domain.ts';

/** What is to be asked of the agent of a cluster. */
export interface SignalOrder {
  clusterId: string;
  request: Wanted<SignalRequest>;
}

/**
 * Notes that somebody sends a signal to a run, and tells what to ask its agent for once that is durable. Refuses where the run
 * is not executing.
 */
export async function signalRun(
  { queries, clock }: Pick<Domain, 'queries' | 'clock'>,
  actor: Caller,
  { jobId, runId, signal }: { jobId: string; runId: string; signal: RunSignal },
): Promise<SignalOrder> {
  const job = await findOwnJob(queries, actor, jobId);
  const run = await findRun(queries, job.id, runId);
  if (run.outcome !== null) {
    throw conflict(`Run ${runId} has ended: there is nothing left that could get a signal.`, {
      code: 'run_ended',
      hint: 'Execute it again (jobs/{id}/runs/rerun/) if it is to be.',
    });
  }
  if (run.batch === null || run.date_started === null || job.cluster_id === null) {
    throw conflict(`Run ${runId} has not begun: no command of it is executed yet.`, {
      code: 'run_not_executing',
      hint: 'Wait until it has a dateStarted.',
    });
  }
  await recordEvent(queries, {
    at: clock.now(),
    actorId: person(actor).userId,
    subject: `job:${job.id}`,
    verb: 'run_signalled',
    detail: { run: run.number, signal },
  });
  return {
    clusterId: job.cluster_id,
    request: { kind: 'signal', runId: toRunId(run.number, run.attempt), signal },
  };
}

/** How many processes got the signal; refuses where none did. */
export function processesOf({ refusal, signal, processes }: RequestAnswer): number {
  if (refusal !== null) {
    throw REFUSALS[refusal](signal);
  }
  return processes;
}

const REFUSALS: Record<NonNullable<RequestAnswer['refusal']>, (signal: string) => Problem> = {
  no_command: () =>
    conflict(
      'No command of the run is executed just now: its inputs are put in place, or its outputs collected.',
      {
        code: 'no_command',
        hint: 'Send it again while the command executes.',
      },
    ),
  not_handled: (signal) =>
    conflict(`No process of the run handles ${signal}: it would have ended them.`, {
      code: 'signal_not_handled',
      hint: 'A program that is to get it must set a handler before (in bash: trap). To end the run, stop it or send SIGTERM.',
    }),
  unknown_signal: (signal) =>
    conflict(`The agent of this run does not know the signal ${signal}.`, {
      code: 'agent_too_old',
      hint: 'Jobs that are submitted from now on have an agent of this version.',
    }),
};
