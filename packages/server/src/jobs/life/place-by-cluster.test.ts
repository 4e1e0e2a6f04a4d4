import { expect, test } from 'vitest';
import { placeByCluster } from './place-by-cluster.ts';

const share = (
  clusterId: string,
  clusterPhase: Parameters<typeof placeByCluster>[0][number]['clusterPhase'],
) => ({
  clusterId,
  within: clusterPhase === null ? null : 'cLUste',
  clusterPhase,
  clusterEnding: clusterPhase === 'stopped' ? 'Shut down on request' : null,
});

test('shares of a cluster that is there, and clusters by themselves, are left to the scheduler', () => {
  expect(placeByCluster([share('shareA', 'started'), share('aloneX', null)])).toEqual(new Map());
});

test('those of one that is not there yet wait in order, and say what for', () => {
  const placed = placeByCluster([share('shareA', 'not_started'), share('shareB', 'not_started')]);
  expect([...placed.values()]).toEqual([
    {
      clusterId: 'shareA',
      decision: 'wait',
      waiting: {
        code: 'waiting_for_cluster',
        message: expect.stringMatching(/has not been started/),
        position: 1,
      },
    },
    expect.objectContaining({ waiting: expect.objectContaining({ position: 2 }) }),
  ]);
});

test('those of one that has ended are refused with the reason of its end', () => {
  const [placement] = placeByCluster([share('shareA', 'stopped')]).values();
  expect(placement).toMatchObject({
    decision: 'refuse',
    failure: { code: 'cluster_ended', message: expect.stringContaining('Shut down on request') },
  });
});
