import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../packages/server/testing/start-platform.ts';
import { openDesk } from './cli-harness.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ cores: 2 });
});
afterAll(() => platform[Symbol.asyncDispose]());

/** A proxy that hands every request on, and cuts the connection instead of the answer to the first POST of each path. */
async function startForgetfulProxy(): Promise<AsyncDisposable & { url: string; lost: string[] }> {
  const lost: string[] = [];
  const server = createServer((incoming, outgoing) => {
    const { method, url = '/', headers } = incoming;
    const onward = forward(platform.url + url, { method, headers }, async (answer) => {
      if (method !== 'POST' || lost.includes(url)) {
        outgoing.writeHead(answer.statusCode!, answer.headers);
        await pipeline(answer, outgoing).catch(() => {});
        return;
      }
      // The platform has done it and said so; only nobody hears.
      lost.push(url);
      answer.resume();
      await once(answer, 'end');
      incoming.socket.destroy();
    });
    onward.on('error', () => incoming.socket.destroy());
    incoming.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lost,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

test('an upload, a create and a submit whose answers are lost are done once all the same', {
  timeout: 60_000,
}, async () => {
  await using desk = await openDesk(platform);
  await using proxy = await startForgetfulProxy();
  Object.assign(desk.environment, { RESCALE_API_BASE_URL: proxy.url });
  await writeFile(join(desk.folder, 'mesh.inp'), 'nodes 3\n');
  const argv = ['--command', 'cat mesh.inp', '--input', 'mesh.inp', '--name', 'once', '--wait', '--json'];
  const { exitCode, stdout } = await desk.quarry('jobs', 'submit', ...argv);
  const { id } = JSON.parse(stdout);
  expect(exitCode).toBe(0);
  expect(proxy.lost).toEqual([
    '/api/v2/jobs/preview/',
    '/api/v2/files/contents/',
    '/api/v2/jobs/',
    `/api/v2/jobs/${id}/submit/`,
  ]);

  const jobs = await platform.call('GET', '/api/v2/jobs/?search=once');
  expect(jobs.body.results.map((job: { id: string }) => job.id)).toEqual([id]);
  const files = await platform.call('GET', '/api/v2/files/?search=mesh.inp');
  expect(files.body.count).toBe(1);
  const statuses = await platform.call('GET', `/api/v2/jobs/${id}/statuses/?page_size=100`);
  const pending = statuses.body.results.filter(({ status }: { status: string }) => status === 'Pending');
  expect(pending).toHaveLength(1);
});
