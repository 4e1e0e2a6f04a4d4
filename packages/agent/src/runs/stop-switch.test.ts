import { expect, test } from 'vitest';
import { agentEnding, StopSwitch, shutDown, stoppedByUser, walltimeExceeded } from './stop-switch.ts';

function told(...reasons: Parameters<StopSwitch['request']>[0][]) {
  const stop = new StopSwitch();
  let times = 0;
  stop.onRequest(() => {
    times += 1;
  });
  for (const reason of reasons) {
    stop.request(reason);
  }
  const { force, discardsOutputs = false, failure } = stop.reason!;
  return { times, force, discardsOutputs, code: failure.code };
}

test('each harder stop is told, and no milder one', () => {
  const harder = [stoppedByUser(false), stoppedByUser(true), shutDown()];
  const end = { force: true, discardsOutputs: true, code: 'stopped_by_user' };
  expect(told(...harder)).toEqual({ times: 3, ...end });
  expect(told(shutDown(), stoppedByUser(true), shutDown(), stoppedByUser(false))).toEqual({
    times: 1,
    ...end,
  });
});

test('the first reason stays the one that is told when its user hurries it', () => {
  expect(told(walltimeExceeded(60), stoppedByUser(true), shutDown())).toEqual({
    ...{ times: 3, force: true, discardsOutputs: true },
    code: 'walltime_exceeded',
  });
});

test('what is left as it is by an agent that ends by force is left', () => {
  const ending = { ...agentEnding(), force: true };
  expect(told(ending, shutDown())).toMatchObject({
    times: 1,
    discardsOutputs: false,
    code: 'cluster_stopped',
  });
});
