import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What may lie around as garbage; V8 itself waits for some 64 MiB, and for twice that when it is busy. */
const GARBAGE_BYTES = 16 * 1024 * 1024;

let garbageBytes = 0;
let collect: (() => void) | undefined;

/**
 * To be told of bytes that came over the network and are done with. Node copies each chunk of a body into a buffer of
 * its own, and one upload of a gigabyte would make the process 100 MiB larger; collecting the young ones now and then
 * takes no more processor time than V8 takes for it later.
 */
export function noteGarbage(bytes: number): void {
  garbageBytes += bytes;
  if (garbageBytes < GARBAGE_BYTES) return;
  garbageBytes = 0;
  collect ??= youngCollector();
  collect();
}

/** `gc` without the command line's `--expose-gc`, which whoever starts this process would have to know of. */
function youngCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as (options: { type: 'minor' }) => void;
  setFlagsFromString('--no-expose-gc');
  return () => gc({ type: 'minor' });
}
