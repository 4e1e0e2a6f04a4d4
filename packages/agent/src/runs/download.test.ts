import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DeliveryServer } from '../delivery/server.ts';
import { closeConnections } from '../exchange/http.ts';
import { downloadInput } from './download.ts';
import { StopSwitch } from './stop-switch.ts';

test('a proxy that does not find the server for a while refuses neither inputs nor outputs', async () => {
  const bytes = Buffer.from('an input');
  let pages = 2;
  const server = createServer((request, response) => {
    if (pages > 0) {
      pages -= 1;
      response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not here</h1>');
    } else if (request.method === 'GET') {
      response.writeHead(200).end(bytes);
    } else {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"detail":"It has ended."}');
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const serverUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const directory = mkdtempSync(join(tmpdir(), 'quarry-download-'));
  const path = join(directory, 'input');
  const fd = openSync(path, 'w+');
  try {
    const deliveries = new DeliveryServer({
      clusterId: 'cluster',
      token: 'token',
      serverUrl,
      serverFile: null,
    });
    const ask = () => deliveries.ask([], new AbortController().signal);
    await expect(ask()).rejects.toMatchObject({ isRefusal: false });
    const sha512 = createHash('sha512').update(bytes).digest('hex');
    const input = {
      ...{ name: 'input', fileId: 'file', sizeBytes: bytes.length, sha512, decompress: false, path: null },
      url: `${serverUrl}/input`,
    };
    const source = { token: 'token', urlOf: () => input.url };
    await downloadInput(input, fd, { source, stop: new StopSwitch() });
    expect(readFileSync(path)).toEqual(bytes);
    await expect(ask()).rejects.toMatchObject({ isRefusal: true });
  } finally {
    closeSync(fd);
    closeConnections();
    server.closeAllConnections();
    server.close();
    rmSync(directory, { recursive: true });
  }
});
