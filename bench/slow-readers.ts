/** What a server holds for many who read very slowly. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { uploadPath } from '@quarry/sdk/node';
import { type Platform, startPlatform } from '@quarry/server/testing';
import type { Benchmark } from './lib/benchmark.ts';
import { peakMemory } from './lib/memory.ts';
import { serveWithNginx } from './lib/nginx.ts';
import { clientOf, cpuSeconds, end, residentMiB, temporaryDirectory } from './lib/platform.ts';
import { has } from './lib/programs.ts';
import { summarize } from './lib/samples.ts';
import { writeRandom } from './lib/transfers/large-file.ts';

const READERS = fileURLToPath(new URL('./lib/slow-readers.ts', import.meta.url));
const CONNECTIONS = 1000;
const BYTES_PER_SECOND = 1000;
const SECONDS = 20;
/** More than the buffers of a connection hold, so that the server has to wait for each reader. */
const BYTES = 64 * 2 ** 20;

export const slowReaders: Benchmark = {
  name: 'slow-readers',
  summary: 'memory of the server with 1,000 connections that read 1 KB/s each',

  async run({ tiny, note }) {
    const remarks: string[] = [];
    const connections = tiny ? 20 : CONNECTIONS;
    const seconds = tiny ? 1 : SECONDS;
    await using directory = await temporaryDirectory();
    const source = join(directory.path, 'source');
    await writeRandom(source, BYTES);
    await using platform = await startPlatform({ data: join(directory.path, 'data') });
    const client = clientOf(platform);
    const file = await uploadPath(client, source, { name: 'large.bin' });
    // What a first download leaves is not what readers cost.
    await readOnce(platform, file.id);
    const beforeMiB = await residentMiB(platform.pid);
    const url = `${platform.url}/api/v2/files/${file.id}/contents/`;

    note(`${connections} connections for ${seconds} s`);
    let answerMs = 0;
    let processorShare = 0;
    const peakMiB = await peakMemory(platform.pid, () =>
      withSlowReaders(url, platform.apiKey, connections, seconds, async () => {
        const cpuBefore = await cpuSeconds(platform.pid);
        await sleep(seconds * 1000);
        processorShare = ((await cpuSeconds(platform.pid)) - cpuBefore) / seconds;
        const begin = performance.now();
        await client.files.get(file.id);
        answerMs = performance.now() - begin;
      }),
    );
    await using nginx = has('nginx', remarks) ? await serveWithNginx(directory.path, directory.path) : null;
    const peer = nginx && {
      beforeMiB: await nginx.residentMiB(),
      duringMiB: await withSlowReaders(`${nginx.url}/source`, 'none', connections, seconds, async () => {
        await sleep(seconds * 1000);
        return nginx.residentMiB();
      }),
    };

    const mib = (what: string, value: number) => ({ what, unit: 'MiB', ...summarize([value]) });
    const growth = peakMiB - beforeMiB;
    return {
      rows: [
        ...(peer ? [mib('peer: growth of nginx', peer.duringMiB - peer.beforeMiB)] : []),
        mib('memory of the server after a download', beforeMiB),
        mib(`at most with ${connections} slow readers`, peakMiB),
        {
          what: 'memory for each connection',
          unit: 'KiB',
          ...summarize([(growth * 1024) / connections]),
        },
        { what: 'processor of the server meanwhile', unit: '%', ...summarize([processorShare * 100]) },
        { what: 'GET of a file meanwhile', unit: 'ms', ...summarize([answerMs]) },
      ],
      figures: [
        {
          what: `growth of the server by ${connections} slow readers`,
          ...{ value: growth, unit: 'MiB', first: 256, final: 128, better: 'lower' },
        },
      ],
      remarks,
    };
  },
};

async function readOnce(platform: Platform, fileId: string): Promise<void> {
  const response = await fetch(`${platform.url}/api/v2/files/${fileId}/contents/`, {
    headers: { authorization: `Token ${platform.apiKey}` },
  });
  const { byteLength } = await response.arrayBuffer();
  if (byteLength !== BYTES) {
    throw new Error(`The file came with ${byteLength} of ${BYTES} bytes.`);
  }
}

/** Does something while slow readers are connected; throws when one of them was left without bytes. */
async function withSlowReaders<Value>(
  url: string,
  key: string,
  connections: number,
  seconds: number,
  work: () => Promise<Value>,
): Promise<Value> {
  const child = spawn(process.execPath, [READERS, url, key, String(connections), String(BYTES_PER_SECOND)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    if ((await lines.next()).value !== 'open') {
      throw new Error('Not all of the slow readers were answered.');
    }
    const value = await work();
    child.stdin.write('\n');
    const least = Number((await lines.next()).value);
    if (least < (BYTES_PER_SECOND * seconds) / 2) {
      throw new Error(`One of the slow readers got ${least} bytes in ${seconds} s.`);
    }
    return value;
  } finally {
    child.stdin.end();
    await Promise.race([once(child, 'exit'), sleep(1000)]);
    await end(child);
  }
}
