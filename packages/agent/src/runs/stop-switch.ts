import type { Failure, RunOutcome } from '@quarry/contract';

export interface StopReason {
  outcome: Exclude<RunOutcome, 'success'>;
  /** SIGKILL at once instead of SIGTERM and a grace time. */
  force: boolean;
  failure: Failure;
  /** It is the agent that ends: the run is left as it is, to be collected, and resumed if somebody wants that. */
  leavesRun?: boolean;
  /** Nothing that the run has written is wanted, but for its log. */
  discardsOutputs?: boolean;
}

/** Thrown once to end a run; again only for a harder end: a forced one, and one of which nothing is wanted. */
export class StopSwitch {
  #reason: StopReason | null = null;
  readonly #listeners = new Set<(reason: StopReason) => void>();

  get reason(): StopReason | null {
    return this.#reason;
  }

  request(reason: StopReason): void {
    if (this.#reason !== null && !isHarder(reason, this.#reason)) {
      return;
    }
    this.#reason = this.#reason === null ? reason : forced(this.#reason, reason);
    for (const listener of [...this.#listeners]) {
      listener(this.#reason);
    }
  }

  /** Calls the listener on each request, and at once when there was one. Returns the way to stop listening. */
  onRequest(listener: (reason: StopReason) => void): () => void {
    this.#listeners.add(listener);
    if (this.#reason !== null) {
      listener(this.#reason);
    }
    return () => this.#listeners.delete(listener);
  }
}

function isHarder(reason: StopReason, before: StopReason): boolean {
  return (
    (reason.force && !before.force) ||
    (reason.discardsOutputs === true && before.discardsOutputs !== true && before.leavesRun !== true)
  );
}

/** The first reason stays the one that is told, unless it was the user's own and they want more now. */
function forced(first: StopReason, { discardsOutputs, failure }: StopReason): StopReason {
  if (!discardsOutputs) {
    return { ...first, force: true };
  }
  const isUsers = first.failure.code === failure.code;
  return { ...first, force: true, discardsOutputs, failure: isUsers ? failure : first.failure };
}

/** The user wants the job to end, and nothing of it. */
export function shutDown(): StopReason {
  return {
    outcome: 'stopped',
    force: true,
    discardsOutputs: true,
    failure: {
      code: 'stopped_by_user',
      message: 'The run was shut down on request, and what it had written was not kept.',
      hint: 'Its log tells how far it had come.',
    },
  };
}

export function stoppedByUser(force: boolean): StopReason {
  return {
    outcome: 'stopped',
    force,
    failure: {
      code: 'stopped_by_user',
      message: 'The run was stopped on request.',
      hint: 'What it had written until then is among its outputs.',
    },
  };
}

export function walltimeExceeded(walltimeSeconds: number): StopReason {
  return {
    outcome: 'walltime_exceeded',
    force: false,
    failure: {
      code: 'walltime_exceeded',
      message: `The job reached its walltime of ${walltimeSeconds} seconds, counted from its first run, and this run was stopped.`,
      hint: 'What it had written until then is among its outputs; give the job a longer walltime to let it finish, or run what is left of it again.',
    },
  };
}

export function agentEnding(): StopReason {
  return {
    outcome: 'stopped',
    force: false,
    leavesRun: true,
    failure: {
      code: 'cluster_stopped',
      message: 'The cluster was told to end while the run was under way.',
      hint: 'The host was shut down, or the scheduler took the cluster back. Resume the run, or execute it again.',
    },
  };
}

export function agentFailed(error: unknown): StopReason {
  return {
    outcome: 'failed',
    force: true,
    leavesRun: true,
    failure: {
      code: 'agent_error',
      message: `The agent came to an unexpected end: ${error instanceof Error ? error.message : String(error)}.`,
      hint: "This is a fault of the platform, not of the command; agent.log in the cluster's directory has more.",
    },
  };
}
