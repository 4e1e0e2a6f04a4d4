import type { IncomingMessage } from 'node:http';
import { isIP, isIPv6 } from 'node:net';

const IPV4_IN_IPV6 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
const GROUPS_OF_A_NETWORK = 4;

/**
 * Who a request comes from, as far as one client can be told from another: its address or, of IPv6, the network of 64
 * bits, which is what one customer has. Behind a proxy of ours it is what the proxy has added to `X-Forwarded-For`:
 * everything before that is the client's own invention.
 */
export function clientAddress(request: IncomingMessage, options: { trustProxy: boolean }): string {
  const forwarded = options.trustProxy
    ? request.headers['x-forwarded-for']?.toString().split(',').at(-1)
    : undefined;
  return toClient(forwarded) ?? toClient(request.socket.remoteAddress) ?? 'unknown';
}

/** Null for what is no address. */
export function toClient(sent: string | undefined): string | null {
  const text = withoutPort(sent?.trim() ?? '');
  const address = IPV4_IN_IPV6.exec(text)?.[1] ?? text;
  if (isIP(address) === 0) {
    return null;
  }
  return isIPv6(address) ? `${networkOf(address)}::/64` : address;
}

/** Some proxies add the port: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function withoutPort(text: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(text);
  if (bracketed) {
    return bracketed[1]!;
  }
  return /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
}

function networkOf(address: string): string {
  const [head = '', tail] = address.replace(/%.*$/, '').toLowerCase().split('::');
  const groups = head === '' ? [] : head.split(':');
  // What two colons leave out is zeros; how many does not matter once there are four groups in front of them.
  const rest = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Math.max(0, 8 - groups.length - rest.length);
  return [...groups, ...Array<string>(zeros).fill('0'), ...rest]
    .slice(0, GROUPS_OF_A_NETWORK)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
