/**
 * What agents are asked for by somebody who waits for the answer, such as a signal for a run. A request is sent down with
 * every answer of the exchange until it is answered by an event, or its time is over; it is known to this server alone,
 * since nobody waits any more when that has ended.
 */
import type { AgentEvent, AgentRequest } from '@quarry/contract';
import { newId } from '../../ids.ts';
import { LIMITS } from '../../limits.ts';
import { conflict, Problem, tooManyRequests } from '../../problems.ts';

export type RequestAnswer = Extract<AgentEvent, { type: 'run_signalled' }>;

interface Pending {
  request: AgentRequest;
  resolve: (answer: RequestAnswer) => void;
  reject: (problem: Problem) => void;
}

const RETRY_AFTER_SECONDS = 5;

export class AgentRequests {
  readonly #pending = new Map<string, Map<string, Pending>>();
  readonly #onAsked: (clusterId: string) => void;
  readonly #waitMs: number;

  /** `onAsked`: there is something for the agent of this cluster to learn. */
  constructor(onAsked: (clusterId: string) => void, waitSeconds: number = LIMITS.agentAnswerSeconds) {
    this.#onAsked = onAsked;
    this.#waitMs = waitSeconds * 1000;
  }

  /** Asks the agent of a cluster, and waits for its answer; refuses when it cannot, or does not in time. */
  async ask(clusterId: string, wanted: Omit<AgentRequest, 'id'>): Promise<RequestAnswer> {
    const ofCluster = this.#pending.get(clusterId) ?? new Map<string, Pending>();
    if (ofCluster.size >= LIMITS.agentRequests) {
      throw tooManyRequests(`${ofCluster.size} requests wait for the agent of this job, the most that may.`, {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
        hint: 'Wait until they are answered, and ask again.',
      });
    }
    const request = { ...wanted, id: `${newId()}${newId()}` };
    const { promise, resolve, reject } = Promise.withResolvers<RequestAnswer>();
    ofCluster.set(request.id, { request, resolve, reject });
    this.#pending.set(clusterId, ofCluster);
    const timer = setTimeout(() => reject(silent(this.#waitMs / 1000)), this.#waitMs);
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
}

function silent(seconds: number): Problem {
  return new Problem('busy', `The agent of this run did not answer within ${seconds} s.`, {
    code: 'agent_silent',
    hint: 'It may have done what it was asked for, or not: look at the run, and ask again. Its host may be very busy, or cut off.',
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });
}

function tooOld(): Problem {
  return conflict('The agent of this run is of an earlier version, and does not understand that.', {
    code: 'agent_too_old',
    hint: 'Jobs that are submitted from now on have an agent of this version.',
  });
}
