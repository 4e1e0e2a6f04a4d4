/** The process that serves SSH connections, by itself. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { prepareHostKey, readHostKey } from '../src/ssh/host-key.ts';
import { Agent } from '../src/ssh/server/agent.ts';
import { Forwards } from '../src/ssh/server/forwards.ts';

/** What Node's types do not tell of. */
const { WebAssembly } = globalThis as unknown as {
  WebAssembly: { instantiate: (...args: unknown[]) => Promise<unknown> };
};

test('what a client says while the ciphers are still being compiled is heard', async () => {
  const { instantiate } = WebAssembly;
  const released = Promise.withResolvers<void>();
  WebAssembly.instantiate = (...args) => released.promise.then(() => instantiate(...args));
  const directory = mkdtempSync(join(tmpdir(), 'quarry-ssh-server-'));
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const made: Socket[] = [];
  /** Both ends of a connection. */
  const connectBoth = async () => {
    const client = connect(port, '127.0.0.1');
    const [socket] = (await once(listener, 'connection')) as [Socket];
    made.push(client, socket);
    return { client, socket };
  };
  try {
    const { SshServer } = await import('../src/ssh/server/ssh-server.ts');
    const hostKeyPath = join(directory, 'key');
    prepareHostKey(hostKeyPath);
    const agent = new Agent(() => undefined);
    const server = new SshServer({ hostKey: readHostKey(hostKeyPath), username: 'somebody', agent });
    const { client, socket } = await connectBoth();
    client.write('SSH-2.0-early\r\n');
    server.take({ connection: 1, keys: [] }, socket);
    // When a later one has been heard, this one would have been, too.
    const later = await connectBoth();
    later.client.write('later');
    await once(later.socket, 'data');
    released.resolve();

    let heard = '';
    client.setEncoding('latin1').on('data', (text: string) => {
      heard += text;
    });
    await expect.poll(() => heard, { timeout: 10_000 }).toMatch(/^SSH-2.0-Quarry\r\n.*curve25519-sha256/s);
  } finally {
    WebAssembly.instantiate = instantiate;
    for (const socket of made) {
      socket.destroy();
    }
    listener.close();
    rmSync(directory, { recursive: true, force: true });
  }
});

test('an agent of before, which knows of no ports, is not asked for a session instead', async () => {
  const place = {
    slot: 1,
    command: 1,
    pipes: '/nowhere',
    owner: { uid: 0, gid: 0 },
    home: '/',
    environment: {},
  };
  const asked: string[] = [];
  const agent = new Agent((message) => {
    asked.push(message.kind);
    if (message.kind === 'find-place') {
      agent.hear({ kind: 'place', request: message.request, place, words: '' });
    }
  });
  const forwards = new Forwards(agent, new AbortController().signal);
  const refused: string[] = [];
  const accept = () => {
    throw new Error('It was accepted.');
  };
  await forwards.take({ host: 'localhost', port: 8888 }, accept, (words) => refused.push(words));
  expect(asked).toEqual(['find-place']);
  expect(refused).toEqual([expect.stringMatching(/of an earlier version/)]);
});
