import { randomInt } from 'node:crypto';
import type { AddressInfo, Server } from 'node:net';
import type { ClusterFile } from '@quarry/contract';
import { hasCode } from '../files/door.ts';

/** Listens on a free port of the range, any one of them first, and answers it; rejects in words when there is none. */
export async function listen(
  server: Server,
  { listen: host, firstPort, lastPort }: NonNullable<ClusterFile['ssh']>,
): Promise<number> {
  const count = lastPort - firstPort + 1;
  const start = randomInt(count);
  for (let tried = 0; tried < count; tried += 1) {
    try {
      return await listenOn(server, host, firstPort + ((start + tried) % count));
    } catch (error) {
      if (!hasCode(error, 'EADDRINUSE')) {
        throw new Error(`${host} cannot be listened on: ${(error as Error).message}`, { cause: error });
      }
    }
  }
  throw new Error(`all ports from ${firstPort} to ${lastPort} of ${host} are taken`);
}

function listenOn(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => {
      server.removeListener('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
