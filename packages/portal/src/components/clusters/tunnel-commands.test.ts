import { expect, test } from 'vitest';
import { portOf, tunnelCommands } from './tunnel-commands.ts';

test('only whole numbers that are ports are ports', () => {
  expect(['8888', ' 1 ', '65535'].map(portOf)).toEqual([8888, 1, 65_535]);
  expect(['', '0', '65536', '80a', '-1', '1.5', '8888; rm -rf /'].map(portOf)).toEqual(
    Array.from({ length: 7 }, () => null),
  );
});

test('both commands lead the same port of this machine to the job', () => {
  const ssh = { host: '127.0.0.1', port: 22_417, username: 'quarry-job' };
  expect(tunnelCommands('abcDEF', 8888, ssh)).toEqual({
    byQuarry: 'quarry jobs ssh abcDEF -N -L 8888:localhost:8888',
    bySsh: 'ssh -p 22417 -N -L 8888:localhost:8888 quarry-job@127.0.0.1',
    address: 'http://localhost:8888/',
  });
});
