import { globSync, writeFileSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [library] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1');

/** Whether this host has what sets the wall clock of one process alone (the Debian package `faketime`). */
export const mayJump = library !== undefined;

/** A wall clock for processes of a test, which it sets while they run; their monotonic clock goes on as it is. */
export interface JumpingClock extends AsyncDisposable {
  /** Variables of a process that goes by it. */
  environment: Record<string, string>;
  /** Sets it to so many days from now; a process sees that within a second or two. */
  set(days: number): void;
}

export async function jumpingClock(): Promise<JumpingClock> {
  const directory = await mkdtempDisposable(join(tmpdir(), 'quarry-clock-'));
  const file = join(directory.path, 'offset');
  const set = (days: number) => writeFileSync(file, `${days < 0 ? '' : '+'}${days}d\n`);
  set(0);
  return {
    environment: {
      LD_PRELOAD: library!,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      // Threads of Node wait by clocks that it does not know.
      FAKETIME_DISABLE_SHM: '1',
    },
    set,
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}
