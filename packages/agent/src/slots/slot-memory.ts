/**
 * The memory of a slot: what each run in it may have, and the cgroup that bounds it. The cgroup is that of the slot and not
 * of each run: the launcher is moved into it once, what it starts is there without a further step, and runs come one after another.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { MemoryControl } from '../cgroups/choose-control.ts';
import { processesIn } from '../cgroups/leftovers.ts';
import { MemoryCgroup, type MemoryEvents } from '../cgroups/memory-cgroup.ts';
import { cgroupName } from '../cgroups/names.ts';
import { CGROUP_REMOVAL_PAUSES_MS } from '../limits.ts';
import { isAlive } from '../process/process-tree.ts';
import { report } from '../report.ts';

export interface MemoryLimit {
  bytes: number;
  /** Of the slot: the memory is theirs. */
  cores: number;
}

/** What all slots of a cluster have in common; null where runs have as much as there is. */
export interface MemorySite {
  clusterId: string;
  limit: MemoryLimit;
  control: MemoryControl;
}

export class SlotMemory {
  readonly limit: MemoryLimit;
  readonly #name: string;
  readonly #control: MemoryControl;
  #cgroup: MemoryCgroup | null = null;
  #isWithout = false;

  constructor({ clusterId, limit, control }: MemorySite, slot: number) {
    this.limit = limit;
    this.#control = control;
    this.#name = cgroupName(clusterId, slot);
  }

  /** Whether Linux sees to the bound; else whoever executes runs has to. */
  get isBounded(): boolean {
    return this.#cgroup !== null;
  }

  /** Bounds a process and all that it starts from then on. */
  async hold(pid: number): Promise<void> {
    try {
      await this.#make()?.add(pid);
    } catch (error) {
      await this.#giveUp(error as Error);
    }
  }

  /** What has happened in the cgroup so far; null without one. */
  events(): MemoryEvents | null {
    try {
      return this.#make()?.events() ?? null;
    } catch (error) {
      void this.#giveUp(error as Error);
      return null;
    }
  }

  /** What executes in the cgroup beside the launcher: also a process that has left its group and wiped its environment. */
  processesBeside(launcher: number): number[] {
    return this.#cgroup === null
      ? []
      : processesIn(this.#cgroup.directory).filter((pid) => pid !== launcher && isAlive(pid));
  }

  #make(): MemoryCgroup | null {
    const { place } = this.#control;
    if (place !== null && !this.#isWithout) {
      this.#cgroup ??= new MemoryCgroup(place, this.#name, this.limit.bytes);
    }
    return this.#cgroup;
  }

  async #giveUp(error: Error): Promise<void> {
    report(`The memory of a slot cannot be bounded by a cgroup and is watched instead: ${error.message}.`);
    await this.close();
  }

  /** Removes the cgroup; nothing of the slot executes any more, but Linux may not have taken it all away yet. */
  async close(): Promise<void> {
    const cgroup = this.#cgroup;
    this.#cgroup = null;
    this.#isWithout = true;
    for (const pauseMs of CGROUP_REMOVAL_PAUSES_MS) {
      if (cgroup === null || cgroup.remove()) {
        return;
      }
      await sleep(pauseMs);
    }
    report(`The cgroup ${cgroup!.directory} could not be removed: there are processes in it.`);
  }
}
