import { expect, test } from 'vitest';
import { toClient } from './client-address.ts';

test.each([
  ['192.0.2.1', '192.0.2.1'],
  [' 192.0.2.1:4711 ', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
  ['[2001:db8:1:2::9]:4711', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['1::', '1:0:0:0::/64'],
  ['1::5:6:7:8:9', '1:0:0:5::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('%j is the client %s', (sent, client) => {
  expect(toClient(sent)).toBe(client);
});

test.each([undefined, '', 'unknown', '_hidden', '300.1.1.1', 'a'.repeat(10_000), '1:2:3'])(
  '%j is no address',
  (sent) => {
    expect(toClient(sent)).toBeNull();
  },
);
