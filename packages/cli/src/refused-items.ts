import type { RefusedItem } from '@quarry/sdk';
import { EXIT, type ExitCode } from './exit-codes.ts';
import type { Io } from './io.ts';

/** Says which of many things it could not be done to, and why. */
export function printRefused(refused: readonly RefusedItem[], what: 'Job' | 'File', io: Io): void {
  for (const { id, detail, hint } of refused) {
    io.warn(`${what} ${id}: ${hint === null ? detail : `${detail} ${hint}`}`);
  }
}

/** As a request for the first of them alone would have ended. */
export function exitCodeOfRefused({ refused }: { refused: readonly RefusedItem[] }): ExitCode {
  const [first] = refused;
  if (first === undefined) {
    return EXIT.ok;
  }
  return first.code === 'not_found' ? EXIT.notFound : EXIT.refused;
}
