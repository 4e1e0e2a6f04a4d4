import type { Waiting } from '@quarry/sdk';

/** Why a job waits, and its place in the queue where the platform knows one. */
export function describeWaiting({ message, position }: Waiting): string {
  return position ? `${message} (place ${position} in the queue)` : message;
}
