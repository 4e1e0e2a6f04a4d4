/**
 * What agents are asked for by somebody who waits for the answer, such as a signal for a run, or bytes of its files. A request
 * is sent down with every answer of the exchange until it is answered, or its time is over; it is known to this server alone,
 * since nobody waits any more when that has ended.
 */
import type {
  AgentAnswer,
  AgentEvent,
  AgentRequest,
  FileRequest,
  SignalRequest,
  Wanted,
} from '@quarry/contract';
import { newId } from '../../ids.ts';
import { LIMITS } from '../../limits.ts';
import { conflict, Problem, refused, tooManyRequests } from '../../problems.ts';

export type RequestAnswer = Extract<AgentEvent, { type: 'run_signalled' }>;

/** What an agent answers about files. */
export interface FileAnswer {
  head: AgentAnswer;
  /** Of a file, where they were asked for. */
  bytes: Uint8Array;
}

interface Pending {
  request: AgentRequest;
  resolve: (answer: RequestAnswer | FileAnswer) => void;
  reject: (problem: Problem) => void;
}

const RETRY_AFTER_SECONDS = 5;

export class AgentRequests {
  readonly #pending = new Map<string, Map<string, Pending>>();
  readonly #onAsked: (clusterId: string) => void;
  readonly #waitMs: number;
  #isStopping = false;

  /** `onAsked`: there is something for the agent of this cluster to learn. */
  constructor(onAsked: (clusterId: string) => void, waitSeconds: number = LIMITS.agentAnswerSeconds) {
    this.#onAsked = onAsked;
    this.#waitMs = waitSeconds * 1000;
  }

  /** Asks the agent of a cluster to do something, and waits for its answer; refuses when it cannot, or does not in time. */
  async ask(clusterId: string, wanted: Wanted<SignalRequest>): Promise<RequestAnswer> {
    return (await this.#ask(clusterId, wanted, LIMITS.agentRequests)) as RequestAnswer;
  }

  /** The same for what it sees of files. */
  async askOfFiles(clusterId: string, wanted: Wanted<FileRequest>): Promise<FileAnswer> {
    return (await this.#ask(clusterId, wanted, LIMITS.agentFileRequests)) as FileAnswer;
  }

  /** What the agent of a cluster is asked for, and understands; the rest is refused. */
  of(clusterId: string, understands: readonly string[]): AgentRequest[] {
    const ofCluster = this.#pending.get(clusterId);
    if (ofCluster === undefined) {
      return [];
    }
    const requests: AgentRequest[] = [];
    for (const { request, reject } of ofCluster.values()) {
      if (understands.includes(request.kind)) {
        requests.push(request);
      } else {
        reject(tooOld());
      }
    }
    return requests;
  }

  /** Tells whoever waits what an agent has answered, once that is durable. */
  settle(clusterId: string, events: readonly AgentEvent[]): void {
    for (const event of events) {
      if (event.type === 'run_signalled') {
        this.#pending.get(clusterId)?.get(event.requestId)?.resolve(event);
      }
    }
  }

  /** Whether somebody waits for the answer to a request. */
  isAwaited(clusterId: string, requestId: string): boolean {
    return this.#pending.get(clusterId)?.has(requestId) === true;
  }

  /** Tells whoever waits what an agent sees of files. Refuses an answer to another question; nobody may wait any more. */
  answer(clusterId: string, requestId: string, answer: FileAnswer): void {
    const pending = this.#pending.get(clusterId)?.get(requestId);
    if (pending === undefined) {
      return;
    }
    const { request, resolve } = pending;
    const { head, bytes } = answer;
    const mostBytes = 'bytes' in request && head.kind !== 'refused' ? request.bytes : 0;
    if ((head.kind !== 'refused' && head.kind !== request.kind) || bytes.length > mostBytes) {
      throw refused(`This is no answer to the request ${requestId}.`, {
        code: 'wrong_answer',
        hint: `It asks for: ${request.kind}. Bytes follow the first line only where they are asked for, and no more of them.`,
      });
    }
    resolve(answer);
  }

  /** The agent of a cluster will answer nothing any more. */
  end(clusterId: string): void {
    for (const { request, reject } of this.#pending.get(clusterId)?.values() ?? []) {
      reject(request.kind === 'signal' ? runEnded() : clusterEnded());
    }
  }

  /** The server stops: nobody is to wait from now on. */
  endAll(): void {
    this.#isStopping = true;
    for (const ofCluster of this.#pending.values()) {
      for (const { reject } of ofCluster.values()) {
        reject(stopping());
      }
    }
  }

  async #ask(
    clusterId: string,
    wanted: Wanted<AgentRequest>,
    most: number,
  ): Promise<RequestAnswer | FileAnswer> {
    if (this.#isStopping) {
      throw stopping();
    }
    const ofCluster = this.#pending.get(clusterId) ?? new Map<string, Pending>();
    const isSignal = wanted.kind === 'signal';
    const alike = ofCluster.values().filter(({ request }) => (request.kind === 'signal') === isSignal);
    const count = alike.reduce((sum) => sum + 1, 0);
    if (count >= most) {
      throw tooManyRequests(`${count} requests wait for the agent of this job, the most that may.`, {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
        hint: 'Wait until they are answered, and ask again.',
      });
    }
    const request = { ...wanted, id: `${newId()}${newId()}` } as AgentRequest;
    const { promise, resolve, reject } = Promise.withResolvers<RequestAnswer | FileAnswer>();
    ofCluster.set(request.id, { request, resolve, reject });
    this.#pending.set(clusterId, ofCluster);
    const silentAfter = isSignal ? silent : silentOfFiles;
    const timer = setTimeout(() => reject(silentAfter(this.#waitMs / 1000)), this.#waitMs);
    this.#onAsked(clusterId);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      ofCluster.delete(request.id);
      if (ofCluster.size === 0 && this.#pending.get(clusterId) === ofCluster) {
        this.#pending.delete(clusterId);
      }
    }
  }
}

function silent(seconds: number): Problem {
  return new Problem('busy', `The agent of this run did not answer within ${seconds} s.`, {
    code: 'agent_silent',
    hint: 'It may have done what it was asked for, or not: look at the run, and ask again. Its host may be very busy, or cut off.',
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}

function silentOfFiles(seconds: number): Problem {
  return new Problem('busy', `The agent of this run did not answer within ${seconds} s.`, {
    code: 'agent_silent',
    hint: 'The files of this run are on its host alone until the run has ended. Ask again: that host may be very busy, or cut off.',
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}

function tooOld(): Problem {
  return conflict('The agent of this run is of an earlier version, and does not understand that.', {
    code: 'agent_too_old',
    hint: 'Jobs that are submitted from now on have an agent of this version.',
  });
}

function runEnded(): Problem {
  return conflict('The run has ended meanwhile: there is nothing left that could get a signal.', {
    code: 'run_ended',
    hint: 'Execute it again (jobs/{id}/runs/rerun/) if it is to be.',
  });
}

/** Like what is not there: whoever gets it looks at what has become of the run. */
function clusterEnded(): Problem {
  return new Problem(
    'not_found',
    'The run has ended meanwhile; its files are among the outputs of its job.',
    {
      code: 'cluster_ended',
    },
  );
}

function stopping(): Problem {
  return new Problem('busy', 'This server is about to stop.', {
    code: 'stopping',
    hint: 'Ask again when it is back.',
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}
