/** Transfers over connections that are cut or change bytes, counted at the proxy between both ends. */
import { rm } from 'node:fs/promises';
import { Quarry, type TransferEvent } from '@quarry/sdk';
import { downloadFile, uploadPath } from '@quarry/sdk/node';
import type { Platform } from '@quarry/server/testing';
import type { ProxyStats } from '../../proxy/proxy.ts';
import { type ProxyProcess, startProxyProcess } from '../proxy-process.ts';
import { checkDigest } from './large-file.ts';

export type Way = 'up' | 'down';

/** A file here, and the same on the platform. */
export interface BothEnds {
  platform: Platform;
  path: string;
  sizeBytes: number;
  sha512: string;
  /** Of the file on the platform, where it was brought without a proxy. */
  fileId: string;
}

export interface Cuts {
  count: number;
  seed: number;
}

export interface CutTransfer {
  milliseconds: number;
  cuts: number;
  connections: number;
  /** Bytes that crossed the proxy in the direction of the file beyond its size, heads of HTTP among them. */
  againBytes: number;
  /** Bytes of the exchanges that were cut: what a client may have to ask for anew. */
  cutBytes: number;
}

/** Moves the file over connections of which `count` are cut at random; throws unless it arrives whole. */
export async function transferWithCuts(
  way: Way,
  ends: BothEnds,
  { count, seed }: Cuts,
): Promise<CutTransfer> {
  await using proxy = await startProxyProcess(new URL(ends.platform.url).host, [
    ...['--cut-at-random', String(count), '--cut-within', `${ends.sizeBytes}B`, '--seed', String(seed)],
  ]);
  const begin = performance.now();
  await transfer(way, ends, proxy, () => {});
  const milliseconds = performance.now() - begin;
  const stats = await proxy.stats();
  const carried = (up: number, down: number) => (way === 'up' ? up : down);
  return {
    milliseconds,
    cuts: stats.cuts.length,
    connections: stats.connections,
    againBytes: carried(stats.bytesUp, stats.bytesDown) - ends.sizeBytes,
    cutBytes: stats.cuts.reduce((sum, cut) => sum + carried(cut.exchangeUp, cut.exchangeDown), 0),
  };
}

export interface RepairedTransfer {
  stats: ProxyStats;
  againBytes: number;
  /** Ranges that the client said it moves again. */
  repaired: { start: number; end: number }[];
}

/** Moves the file over a connection that changes one byte of it; throws unless it arrives whole. */
export async function transferWithDamage(way: Way, ends: BothEnds): Promise<RepairedTransfer> {
  await using proxy = await startProxyProcess(new URL(ends.platform.url).host, [
    ...['--corrupt-body', `${way}:2:12345`, '--corrupt-min-body', '256KiB'],
  ]);
  const repaired: { start: number; end: number }[] = [];
  await transfer(way, ends, proxy, (ranges) => repaired.push(...ranges));
  const stats = await proxy.stats();
  const carried = way === 'up' ? stats.bytesUp : stats.bytesDown;
  return { stats, againBytes: carried - ends.sizeBytes, repaired };
}

async function transfer(
  way: Way,
  { platform, path, sizeBytes, sha512, fileId }: BothEnds,
  proxy: ProxyProcess,
  onRepair: (ranges: readonly { start: number; end: number }[]) => void,
): Promise<void> {
  const client = new Quarry({ baseUrl: proxy.url, apiKey: platform.apiKey });
  const onEvent = (event: TransferEvent) => {
    if (event.type === 'repair') {
      onRepair(event.ranges);
    }
  };
  if (way === 'down') {
    const target = `${path}.fetched`;
    await downloadFile(client, fileId, target, { onEvent });
    await checkDigest(target, sha512);
    await rm(target);
    return;
  }
  const file = await uploadPath(client, path, { skipKnown: false, onEvent });
  if (file.fileChecksums[0]?.fileHash !== sha512 || file.decryptedSize !== sizeBytes) {
    throw new Error('The platform has another file than was sent.');
  }
  await client.files.delete(file.id);
}
