/** Networks that SSH may come from, as people write them: `10.0.0.0/8, 2001:db8::/32, 192.0.2.7`. */
import { isIP } from 'node:net';

/** The networks of a rule; null when it has something else in it. An empty rule has none. */
export function parseNetworks(rule: string): string[] | null {
  const networks = rule.split(/[\s,;]+/).filter(Boolean);
  return networks.every(isNetwork) ? networks : null;
}

function isNetwork(text: string): boolean {
  const [base, bits, ...rest] = text.split('/');
  const family = isIP(base!);
  return (
    family !== 0 &&
    !base!.includes('%') &&
    rest.length === 0 &&
    (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)))
  );
}
