import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PieceMemory } from '../../src/http/piece-memory.ts';
import { type Platform, startPlatform } from '../../testing/start-platform.ts';
import { type FilesHarness, MIB, startFilesApi, until, upload } from '../files-harness.ts';

const READERS = 200;

/** A connection that sends requests and reads nothing until it is told to. */
class Reader {
  readonly socket: Socket;
  readonly serverPort: number;
  ownPort = 0;
  constructor(url: string, requests: string) {
    this.serverPort = Number(new URL(url).port);
    this.socket = connect({ port: this.serverPort, host: '127.0.0.1' });
    this.socket.once('connect', () => {
      this.ownPort = this.socket.localPort!;
    });
    this.socket.on('error', () => undefined);
    this.socket.pause();
    this.socket.write(requests);
  }

  /** Reads until the connection ends, and answers how many whole bodies came, each of which must be the expected one. */
  async readBodies(expected: Buffer): Promise<number> {
    let whole = 0;
    let head = Buffer.alloc(0);
    let position = expected.length;
    for await (const chunk of this.socket as AsyncIterable<Buffer>) {
      for (let rest = chunk; rest.length > 0; ) {
        if (position === expected.length) {
          head = Buffer.concat([head, rest]);
          const end = head.indexOf('\r\n\r\n');
          if (end < 0) {
            break;
          }
          expect(head.toString('latin1', 0, 15)).toBe('HTTP/1.1 200 OK');
          rest = head.subarray(end + 4);
          head = Buffer.alloc(0);
          position = 0;
        }
        const part = rest.subarray(0, expected.length - position);
        if (!part.equals(expected.subarray(position, position + part.length))) {
          throw new Error(`The bytes differ somewhere from ${position} on.`);
        }
        position += part.length;
        rest = rest.subarray(part.length);
        if (position === expected.length) {
          whole += 1;
        }
      }
    }
    return whole;
  }

  /** Whether the server has this connection still, as the system lists them. */
  isServed(): boolean {
    const hex = (port: number) => `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
    const [server, own] = [hex(this.serverPort), hex(this.ownPort)];
    const ESTABLISHED = '01';
    return readFileSync('/proc/net/tcp', 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .some(
        ([, local, remote, state]) =>
          local?.endsWith(server) && remote?.endsWith(own) && state === ESTABLISHED,
      );
  }
}

function get(url: string, path: string, key: string, isLast = true): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${new URL(url).host}`,
    `Authorization: Token ${key}`,
    ...(isLast ? ['Connection: close'] : []),
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

const sha512 = (bytes: Uint8Array) => createHash('sha512').update(bytes).digest('hex');

describe('some hundred readers that read nothing', () => {
  const bytes = randomBytes(6 * MIB);
  let platform: Platform;
  let path: string;

  beforeAll(async () => {
    platform = await startPlatform({ sandbox: 'off' });
    const form = new FormData();
    form.set('file', new Blob([bytes]), 'big.dat');
    const response = await fetch(`${platform.url}/api/v2/files/contents/`, {
      method: 'POST',
      headers: { authorization: `Token ${platform.apiKey}` },
      body: form,
    });
    path = `/api/v2/files/${((await response.json()) as { id: string }).id}/contents/`;
    await fetch(platform.url + path, { headers: { authorization: `Token ${platform.apiKey}` } }).then(
      (answer) => answer.arrayBuffer(),
    );
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
  });

  const memoryOf = () =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${platform.pid}/status`, 'utf8'))![1]) * 1024;

  test('cost the server little memory, hold nobody up, and get all of it when they read at last', async () => {
    const before = memoryOf();
    const readers = Array.from(
      { length: READERS },
      () => new Reader(platform.url, get(platform.url, path, platform.apiKey)),
    );
    // Each has been sent what the kernels take.
    await until(async () => readers.every(({ socket }) => !socket.connecting));
    for (const { socket } of readers) {
      socket.read(0);
    }
    for (let round = 0; round < 3; round += 1) {
      const { status } = await platform.call('GET', '/api/v2/users/me/');
      expect(status).toBe(200);
      const whole = await fetch(platform.url + path, {
        headers: { authorization: `Token ${platform.apiKey}` },
      });
      expect(sha512(new Uint8Array(await whole.arrayBuffer()))).toBe(sha512(bytes));
    }
    const grown = (memoryOf() - before) / MIB;
    // With two pieces of 512 KiB for each it would be 200 MiB.
    expect(grown).toBeLessThan(80);
    const queue = readers.values();
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        for (const reader of queue) {
          expect(await reader.readBodies(bytes)).toBe(1);
        }
      }),
    );
  }, 60_000);

  test('may have asked for everything a hundred times on one connection', async () => {
    const before = memoryOf();
    const requests = Array.from({ length: 100 }, (_, index) =>
      get(platform.url, path, platform.apiKey, index === 99),
    );
    const readers = Array.from({ length: 10 }, () => new Reader(platform.url, requests.join('')));
    await until(async () => readers.every(({ socket }) => !socket.connecting));
    for (let round = 0; round < 10; round += 1) {
      await platform.call('GET', '/api/v2/users/me/');
    }
    expect((memoryOf() - before) / MIB).toBeLessThan(60);
    expect(readdirSync(`/proc/${platform.pid}/fd`).length).toBeLessThan(200);
    for (const { socket } of readers) {
      socket.destroy();
    }
  });
});

describe('a connection', () => {
  const bytes = randomBytes(9 * MIB);
  let api: FilesHarness;
  let path: string;
  beforeAll(async () => {
    api = await startFilesApi({ stalledReaderSeconds: 1 });
    path = `/api/v2/files/${(await upload(api, bytes)).id}/`;
  });
  afterAll(async () => {
    await api[Symbol.asyncDispose]();
  });

  test('is ended when its reader takes nothing for too long', async () => {
    const reader = new Reader(api.url, get(api.url, `${path}contents/`, api.key));
    await once(reader.socket, 'connect');
    await until(async () => !reader.isServed());
    expect(await reader.readBodies(bytes).catch(() => 0)).toBe(0);
  });

  test('serves requests that were sent at once one after the other, in their order', async () => {
    const requests = [false, false, true].map((isLast) => get(api.url, `${path}contents/`, api.key, isLast));
    const reader = new Reader(api.url, requests.join(''));
    expect(await reader.readBodies(bytes)).toBe(3);
  });

  test('may go while requests wait for their turn', async () => {
    const requests = Array.from({ length: 20 }, () => get(api.url, `${path}contents/`, api.key, false));
    const reader = new Reader(api.url, requests.join(''));
    await once(reader.socket, 'connect');
    await until(async () => reader.isServed());
    reader.socket.destroy();
    await until(async () => !reader.isServed());
    expect((await api.call('GET', path.slice('/api/v2/'.length))).status).toBe(200);
  });
});

describe('memory that answers are sent from', () => {
  test('gives large pieces up to a bound, and small ones always', () => {
    const memory = new PieceMemory(MIB);
    const large = [memory.take('large', MIB), memory.take('large', MIB)];
    expect(large.map((piece) => piece.memory.byteLength)).toEqual([512 * 1024, 512 * 1024]);
    const instead = memory.take('large', MIB);
    expect(instead.memory.byteLength).toBe(32 * 1024);
    expect(memory.take('small', MIB).memory).not.toBe(instead.memory);
    large[0]!.giveBack();
    large[0]!.giveBack();
    expect(memory.take('large', MIB).memory).toBe(large[0]!.memory);
    expect(memory.take('large', MIB).memory.byteLength).toBe(32 * 1024);
    expect(memory.take('large', 100).memory.byteLength).toBe(32 * 1024);
  });
});
