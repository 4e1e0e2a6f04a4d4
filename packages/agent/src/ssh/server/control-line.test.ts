import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
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
  let heard = '';
  reader.setEncoding('utf8').on('data', (piece: string) => {
    heard += piece;
  });
  reader.resume();
  await expect.poll(() => heard, { timeout: 10_000 }).toMatch(/\nsize 1000000 24\n$/);
  pipe.destroy();
  expect(heard.match(/^signal USR1$/gm) ?? []).toHaveLength(1000 - refused);
});
