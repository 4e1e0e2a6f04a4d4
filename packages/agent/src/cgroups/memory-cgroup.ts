/** A cgroup that bounds the memory of the processes in it, in either version of the interface. */
import { closeSync, mkdirSync, openSync, readFileSync, readSync, rmdirSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../files/door.ts';
import type { CgroupPlace } from './find-places.ts';

/** How often, since the cgroup was made, something has happened in it. */
export interface MemoryEvents {
  /** Linux has ended a process in it for want of memory. */
  kills: number;
  /** What was wanted went beyond its bound. */
  limitHits: number;
}

/**
 * Version 1 bounds memory with swap beside memory alone. This is more than is ever asked for at once, so that memory alone is
 * what is used up first: newer kernels count in `memory.failcnt` only.
 */
const SWAP_BYTES = 4 * 1024 * 1024;

export class MemoryCgroup {
  readonly directory: string;
  readonly #version: 1 | 2;
  /** What counts events stays open: it is read for each command, and opening is most of what that would take. */
  #counts: number[] = [];

  /** Makes one, or takes over what is there under that name; throws in the words of the system where that is not possible. */
  constructor(place: CgroupPlace, name: string, limitBytes: number) {
    this.directory = join(place.directory, name);
    this.#version = place.version;
    if (place.version === 2) {
      delegateMemory(place.directory);
    }
    makeDirectory(this.directory);
    try {
      if (place.version === 2) {
        this.#write('memory.max', limitBytes);
        // Else what is beyond the bound would go to the disk, and slow down everybody.
        this.#writeIfThere('memory.swap.max', 0);
      } else {
        this.#write('memory.limit_in_bytes', limitBytes);
        this.#writeIfThere('memory.memsw.limit_in_bytes', limitBytes + SWAP_BYTES);
      }
      this.#counts = COUNTED_IN[place.version].map((name) => openSync(join(this.directory, name), 'r'));
      this.events();
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** Moves a process into it; what that one starts from then on is there as well. */
  async add(pid: number): Promise<void> {
    await writeFile(join(this.directory, 'cgroup.procs'), String(pid), { flag: 'r+' });
  }

  /** Throws where the kernel does not count them (before Linux 4.13). */
  events(): MemoryEvents {
    const [first = '', second = ''] = this.#counts.map(readCount);
    return this.#version === 2 ? parseEvents(first) : parseEventsOfVersion1(first, second);
  }

  /** False when there are processes in it. */
  remove(): boolean {
    this.#counts.forEach((fd) => {
      closeSync(fd);
    });
    this.#counts = [];
    try {
      rmdirSync(this.directory);
      return true;
    } catch (error) {
      return hasCode(error, 'ENOENT');
    }
  }

  #write(name: string, value: number): void {
    // Not made where it is missing, as in a directory that is no cgroup.
    writeFileSync(join(this.directory, name), String(value), { flag: 'r+' });
  }

  /** Kernels without accounting of swap have no such file. */
  #writeIfThere(name: string, value: number): void {
    try {
      this.#write(name, value);
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) {
        throw error;
      }
    }
  }
}

const COUNTED_IN = { 1: ['memory.oom_control', 'memory.failcnt'], 2: ['memory.events'] } as const;
const buffer = Buffer.alloc(4096);

function readCount(fd: number): string {
  return buffer.toString('latin1', 0, readSync(fd, buffer, 0, buffer.length, 0));
}

/** `memory.events` of version 2. */
export function parseEvents(text: string): MemoryEvents {
  return { kills: numberOf(text, 'oom_kill'), limitHits: numberOf(text, 'oom') };
}

/** `memory.oom_control` and `memory.failcnt` of version 1. */
export function parseEventsOfVersion1(control: string, failures: string): MemoryEvents {
  return { kills: numberOf(control, 'oom_kill'), limitHits: Number(failures) };
}

function numberOf(text: string, name: string): number {
  const found = new RegExp(`^${name} (\\d+)$`, 'm').exec(text);
  if (found === null) {
    throw new Error(`this kernel does not count ${name} of a cgroup`);
  }
  return Number(found[1]);
}

/** Lets cgroups below a place of version 2 bound memory. */
function delegateMemory(directory: string): void {
  const has = (name: string) => readFileSync(join(directory, name), 'latin1').split(/\s+/).includes('memory');
  if (!has('cgroup.controllers')) {
    throw new Error(`memory is not bounded by the cgroups in ${directory}`);
  }
  if (!has('cgroup.subtree_control')) {
    writeFileSync(join(directory, 'cgroup.subtree_control'), '+memory', { flag: 'r+' });
  }
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) {
      throw error;
    }
  }
}
