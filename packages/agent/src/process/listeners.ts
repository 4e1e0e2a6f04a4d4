/** Whose ports are whose: what Linux tells of listening sockets, and of those who have them open. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const LISTENING = '0A';
/** As Linux prints addresses: words of 32 bits, each in the order of bytes of the host, which is little-endian on all that we run on. */
const LOOPBACK_4 = '0100007F';
const ANY_4 = '00000000';
const LOOPBACK_6 = '00000000000000000000000001000000';
const ANY_6 = '0'.repeat(32);
const MAPPED_LOOPBACK = `0000000000000000FFFF0000${LOOPBACK_4}`;
/** Which sockets take a connection to an address: those of the first place where there are any. */
const TAKERS = {
  '127.0.0.1': [[LOOPBACK_4, MAPPED_LOOPBACK], [ANY_4], [ANY_6]],
  '::1': [[LOOPBACK_6], [ANY_6]],
} as const;

/**
 * Whether connections to a port of an address come to these processes and to no others: they have each of the sockets open that take
 * them in the network namespace of `networkOf`.
 */
export function listensOn(
  { networkOf, processes }: { networkOf: number; processes: () => readonly number[] },
  address: keyof typeof TAKERS,
  port: number,
): boolean {
  const sockets = [...socketsOf(networkOf, 'tcp'), ...socketsOf(networkOf, 'tcp6')].filter(
    (socket) => socket.port === port,
  );
  const takers = TAKERS[address]
    .map((addresses: readonly string[]) => sockets.filter((socket) => addresses.includes(socket.address)))
    .find((found) => found.length > 0);
  return takers !== undefined && areOpenIn(processes(), new Set(takers.map(({ inode }) => inode)));
}

interface ListeningSocket {
  address: string;
  port: number;
  inode: string;
}

function socketsOf(pid: number, protocol: 'tcp' | 'tcp6'): ListeningSocket[] {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/net/${protocol}`, 'latin1');
  } catch {
    // It has ended, or the host has no IPv6.
    return [];
  }
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === LISTENING)
    .map((fields) => {
      const [address, port] = fields[1]!.split(':');
      return { address: address!, port: Number.parseInt(port!, 16), inode: fields[9]! };
    });
}

function areOpenIn(processes: readonly number[], inodes: Set<string>): boolean {
  for (const pid of processes) {
    for (const target of openFilesOf(pid)) {
      inodes.delete(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? '');
    }
    if (inodes.size === 0) {
      return true;
    }
  }
  return false;
}

function openFilesOf(pid: number): string[] {
  const directory = `/proc/${pid}/fd`;
  try {
    return readdirSync(directory).map((fd) => {
      try {
        return readlinkSync(`${directory}/${fd}`);
      } catch {
        return '';
      }
    });
  } catch {
    return [];
  }
}
