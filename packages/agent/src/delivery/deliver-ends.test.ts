import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClusterFile } from '@quarry/contract';
import { expect, test } from 'vitest';
import { closeConnections } from '../exchange/http.ts';
import type { NewEvent } from '../exchange/journal.ts';
import { StopSwitch, stoppedByUser } from '../runs/stop-switch.ts';
import { DeliveredEnds } from './deliver-ends.ts';
import type { PendingEnd } from './pending-ends.ts';

/** A server that has no room for anything, or never answers, and a cluster that shares no disk with it. */
async function openFullServer(onAsked?: () => void) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    request.resume().on('end', () => {
      if (onAsked !== undefined) {
        onAsked();
        return;
      }
      response.writeHead(507, { 'content-type': 'application/json' }).end('{"detail":"full"}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'quarry-ends-')));
  const cluster = {
    ...{ clusterId: 'cluster', token: 'token', directory, limits: { stopGraceSeconds: 5 } },
    serverUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  } as ClusterFile;
  const events: NewEvent[] = [];
  const journal = { flush: async () => undefined };
  return {
    ...{ asked, events, directory },
    open: () => new DeliveredEnds({ cluster, journal, emit: (event) => void events.push(event) }),
    [Symbol.asyncDispose]: async () => {
      closeConnections();
      server.closeAllConnections();
      server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function endOf(directory: string, outcome: 'success' | 'failed'): PendingEnd & { path: string } {
  const run = join(directory, 'runs/1');
  mkdirSync(run, { recursive: true });
  const path = join(run, 'result');
  writeFileSync(path, 'result');
  const output = { relativePath: 'result', path, sizeBytes: 6, sha512: 'a'.repeat(128), stamp: null };
  const failure = outcome === 'success' ? null : { code: 'command_failed', message: 'It failed.', hint: '' };
  const event = {
    ...{ type: 'run_finished', runId: '1', outcome, failure, exitCode: 0, outputs: [output], skipped: [] },
    ...{ skippedCount: 0, variables: [], usage: null, unfinished: false, directoryBytes: null },
  } as unknown as PendingEnd['event'];
  return { event, directory: run, path };
}

test.each(['success', 'failed'] as const)(
  'what could not be delivered of a run that ended with %s stays, and the next agent knows of it',
  async (outcome) => {
    await using server = await openFullServer();
    const end = endOf(server.directory, outcome);
    const ends = server.open();
    await ends.finish(end, new StopSwitch());
    expect(server.events).toMatchObject([{ type: 'run_finished', outcome: 'failed', outputs: [] }]);
    expect(existsSync(end.path)).toBe(true);
    expect([ends.hasLostNothing, server.open().hasLostNothing]).toEqual([false, false]);
  },
);

test('a server that does not say what it has does not end the agent', async () => {
  await using server = await openFullServer();
  const end = endOf(server.directory, 'success');
  await server.open().finishLeft(end, new StopSwitch());
  expect(server.asked[0]).toBe('POST /api/agent/clusters/cluster/deliveries/');
  expect(server.events).toMatchObject([{ failure: { code: 'output_lost' } }]);
});

test.each([
  ['takes a file', 'finish'],
  ['is asked which files it has', 'finishLeft'],
] as const)('a forced stop ends the wait for a server that %s and never answers', async (_what, how) => {
  const asked = Promise.withResolvers<void>();
  await using server = await openFullServer(() => asked.resolve());
  const end = endOf(server.directory, 'success');
  const stop = new StopSwitch();
  const finished = server.open()[how](end, stop);
  await asked.promise;
  stop.request(stoppedByUser(true));
  await finished;
  expect(server.events).toMatchObject([
    { outcome: 'stopped', outputs: [], skipped: [{ relativePath: 'result' }], holdsOutputs: false },
  ]);
});
