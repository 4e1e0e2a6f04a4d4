import type { AgentEvent, SignalRequest } from '@quarry/contract';
import type { NewEvent } from '../exchange/journal.ts';
import { REQUESTS_REMEMBERED } from '../limits.ts';
import type { CommandSlot } from '../slots/command-slot.ts';
import { signalProcesses } from '../slots/signal-command.ts';

export interface RunRequestsOptions {
  slots: readonly CommandSlot[];
  emit: (event: NewEvent) => void;
  /** Events of an earlier agent of this cluster. */
  earlier: readonly AgentEvent[];
}

/** What the server asks for that has an effect on runs. Each request is done once, however often it comes. */
export class RunRequests {
  readonly #options: RunRequestsOptions;
  readonly #done: Set<string>;

  constructor(options: RunRequestsOptions) {
    this.#options = options;
    this.#done = new Set(options.earlier.flatMap((event) => ('requestId' in event ? [event.requestId] : [])));
  }

  answer(requests: readonly SignalRequest[]): void {
    for (const request of requests) {
      if (!this.#done.has(request.id)) {
        this.#remember(request.id);
        this.#signal(request);
      }
    }
  }

  #signal({ id: requestId, runId, signal }: SignalRequest): void {
    const { slots, emit } = this.#options;
    const running = slots.map((slot) => slot.running).find((each) => each?.runId === runId);
    const sent = running ? signalProcesses(running.processes, signal) : 'no_command';
    const [processes, refusal] = typeof sent === 'number' ? [sent, null] : [0, sent];
    emit({ type: 'run_signalled', runId, requestId, signal, processes, refusal });
  }

  #remember(id: string): void {
    this.#done.add(id);
    if (this.#done.size > REQUESTS_REMEMBERED) {
      this.#done.delete(this.#done.values().next().value!);
    }
  }
}
