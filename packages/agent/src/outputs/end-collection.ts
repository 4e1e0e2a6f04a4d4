import type { StopReason, StopSwitch } from '../runs/stop-switch.ts';

/** A signal that ends the collection of outputs, to be disposed of when that is over. */
export interface CollectionEnd extends Disposable {
  signal: AbortSignal;
}

/**
 * When a stop ends the collection of outputs. One that came before is done with: what was written until then is to be
 * kept. A user who stops what is being collected gives it the grace time, a forced stop nothing; one that was forced
 * before gives it the grace time, too. Where outputs are not wanted it ends at once, and the log alone is kept. Walltime is that of commands, and a host that goes down leaves the directory.
 */
export function endCollection(stop: StopSwitch, graceMs: number): CollectionEnd {
  const controller = new AbortController();
  const before = stop.reason;
  let timer: NodeJS.Timeout | undefined;
  const end = () => controller.abort(new Error('the run was stopped'));
  const consider = (reason: StopReason) => {
    if (reason.discardsOutputs || (reason.force && reason !== before)) {
      end();
    } else if (reason.force || (before === null && reason.failure.code === 'stopped_by_user')) {
      timer ??= setTimeout(end, graceMs);
    }
  };
  const unsubscribe = stop.onRequest(consider);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      unsubscribe();
      clearTimeout(timer);
    },
  };
}
