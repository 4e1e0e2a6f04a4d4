/**
 * Sees to it that the memory of a run stays what it is. Where a cgroup bounds it, Linux ends one of its processes when that is
 * used up, and this ends the others; elsewhere it looks how much they have. A process that was ended because the host had no
 * more is told of as well, as far as that can be known.
 */
import type { Failure } from '@quarry/contract';
import type { MemoryEvents } from '../cgroups/memory-cgroup.ts';
import { hostOomKills } from '../process/host-memory.ts';
import { MemorySampler } from '../process/memory.ts';
import { hostOutOfMemory, outOfMemory } from '../runs/failure.ts';
import type { SlotMemory } from './slot-memory.ts';

/** As a shell says it of SIGKILL. */
const KILLED = 137;

export interface GuardedRoot {
  /** The process from which all of the run descend, and how many generations of it are ours. */
  pid: number;
  ownLevels: number;
  /** Where what lies in the shared memory of its sandbox is seen from the host; null without a sandbox. */
  sharedMemory: string | null;
}

export class MemoryGuard {
  readonly #memory: SlotMemory | null;
  readonly #before: MemoryEvents | null;
  readonly #hostKillsBefore: number | null;
  #sampler: MemorySampler | null = null;
  #onExceeded: (() => void) | null = null;
  #failure: Failure | null = null;
  #reachedBytes = 0;

  /** To be made before the command is started. */
  constructor(memory: SlotMemory | null) {
    this.#memory = memory;
    this.#before = memory?.events() ?? null;
    this.#hostKillsBefore = this.#before === null ? hostOomKills() : null;
  }

  /** Watches a command that has been started; `onExceeded` is to end all of it, and is called once. */
  watch(root: GuardedRoot, onExceeded: () => void): void {
    this.#onExceeded = onExceeded;
    const isOurs = this.#memory !== null && !this.#memory.isBounded;
    this.#sampler = new MemorySampler(root.pid, root.ownLevels, {
      limitBytes: isOurs ? this.#memory!.limit.bytes : null,
      sharedMemory: root.sharedMemory,
      onLook: () => this.#lookAtCgroup(),
      onExceeded: (bytes) => this.#exceeded(bytes),
    });
  }

  /** The command has ended, with this code: why, where memory is the reason. One that was stopped may have been killed by us. */
  exited(exitCode: number, { wasStopped }: { wasStopped: boolean }): Failure | null {
    this.#lookAtCgroup();
    const mayBeHost = exitCode === KILLED && !wasStopped && this.#failure === null;
    if (mayBeHost && this.#hostKillsBefore !== null) {
      const kills = hostOomKills({ isFresh: true });
      if (kills !== null && kills > this.#hostKillsBefore) {
        this.#failure = hostOutOfMemory();
      }
    }
    return this.#failure;
  }

  /** Ends the watching and returns the most memory that was seen; null when this host does not tell. */
  stop(): number | null {
    const sampled = this.#sampler?.stop() ?? null;
    return this.#reachedBytes > 0 ? Math.max(this.#reachedBytes, sampled ?? 0) : sampled;
  }

  #lookAtCgroup(): void {
    const now = this.#before === null ? null : this.#memory!.events();
    if (now === null || now.kills === this.#before!.kills) {
      return;
    }
    if (now.limitHits > this.#before!.limitHits) {
      this.#exceeded(this.#memory!.limit.bytes);
    } else {
      this.#end(hostOutOfMemory());
    }
  }

  #exceeded(bytes: number): void {
    this.#reachedBytes = Math.max(this.#reachedBytes, bytes);
    this.#end(outOfMemory(this.#memory!.limit, this.#reachedBytes));
  }

  #end(failure: Failure): void {
    if (this.#failure === null) {
      this.#failure = failure;
      this.#onExceeded?.();
    }
  }
}
