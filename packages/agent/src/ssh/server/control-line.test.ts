import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { SSH_CONTROL_BYTES } from '../../limits.ts';
import { ControlLine } from './control-line.ts';

test('of what a session does not read only so much waits, and the last size is told', async () => {
  const listener = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const pipe = connect((listener.address() as AddressInfo).port, '127.0.0.1');
  const [reader] = (await once(listener, 'connection')) as [Socket];
  listener.close();
  const line = new ControlLine();
  line.resize(80, 24);
  expect(line.signal('INT')).toBe(false);
  line.open(pipe);

  let refused = 0;
  for (let index = 1; index <= 1_000_000; index += 1) {
    line.resize(index, 24);
    refused += index % 1000 === 0 && !line.signal('USR1') ? 1 : 0;
  }
  expect(pipe.writableLength).toBeLessThan(SSH_CONTROL_BYTES + 100);
  expect(refused).toBeGreaterThan(0);
  const heard = text(reader);
  await once(pipe, 'drain');
  pipe.end();
  const lines = (await heard).trimEnd().split('\n');
  expect(lines.at(-1)).toBe('size 1000000 24');
  expect(lines.filter((each) => each === 'signal USR1')).toHaveLength(1000 - refused);
});
