import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { closeConnections, postJson, sendRequest, startTransfer } from './http.ts';

test('the exchange is answered while as many files are on their way as there are connections for', async () => {
  const held: ServerResponse[] = [];
  const over = new AbortController();
  const server = createServer((request, response) => {
    request.resume();
    if (request.url === '/exchange/') {
      response.setHeader('content-type', 'application/json').end('{}');
    } else {
      held.push(response);
      response.writeHead(200).write('a');
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const head = { method: 'PATCH', url: `${url}/file/`, token: 'token', length: 0, isTransfer: true };
    const deliveries = Array.from({ length: 10 }, () =>
      sendRequest(head, [], { signal: over.signal }).catch(() => undefined),
    );
    const downloads = Array.from({ length: 10 }, () => {
      const request = startTransfer(`${url}/file/`, { method: 'GET', headers: {} });
      request.on('error', () => undefined);
      return request.end();
    });
    await expect.poll(() => held.length).toBeGreaterThanOrEqual(8);
    const answers = Array.from({ length: 6 }, () =>
      postJson(`${url}/exchange/`, 'token', '{}', { timeoutMs: 5_000 }),
    );
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(6).fill(200));
    for (const download of downloads) {
      download.destroy();
    }
    over.abort();
    await Promise.all(deliveries);
  } finally {
    over.abort();
    closeConnections();
    server.closeAllConnections();
    server.close();
  }
});
