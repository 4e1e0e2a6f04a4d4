/**
 * `node slow-readers.ts URL KEY CONNECTIONS BYTES_PER_SECOND`: opens connections that ask for a file and read it so
 * slowly. Says `open` when all have their head, then, for each line on stdin, how many bytes each of them has read at
 * least; ends when stdin does.
 */
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

const [url, key] = process.argv.slice(2) as [string, string];
const [connections, bytesPerSecond] = process.argv.slice(4).map(Number) as [number, number];
const { hostname, port, pathname, host } = new URL(url);
/** With the head. */
const read: number[] = Array.from({ length: connections }, () => 0);
let answered = 0;

/** The first comes in time for readers that are watched for a second only. */
const READ_EVERY_MS = 500;

/** More at once than a listening socket keeps in line would be asked to come again in a second, or in seven. */
const OPENED_AT_ONCE = 100;

for (let index = 0; index < Math.min(OPENED_AT_ONCE, connections); index++) {
  open(index);
}

function open(index: number): void {
  const memory = Buffer.alloc(Math.ceil((bytesPerSecond * READ_EVERY_MS) / 1000));
  let head = '';
  const socket = connect({
    port: Number(port),
    host: hostname,
    // The kernel hands over no more than this at a time, and then nothing until it is asked again.
    onread: {
      buffer: memory,
      callback: (count) => {
        read[index]! += count;
        if (head === '') {
          head = memory.toString('latin1', 0, count);
          if (!head.startsWith('HTTP/1.1 200')) {
            fail(`connection ${index} was answered ${head.slice(0, 80)}`);
          }
          if (index + OPENED_AT_ONCE < connections) {
            open(index + OPENED_AT_ONCE);
          }
          if (++answered === connections) {
            process.stdout.write('open\n');
          }
        }
        setTimeout(() => socket.resume(), READ_EVERY_MS);
        return false;
      },
    },
  });
  socket.write(`GET ${pathname} HTTP/1.1\r\nhost: ${host}\r\nauthorization: Token ${key}\r\n\r\n`);
  socket.on('error', (error) => fail(`connection ${index}: ${error.message}`));
  socket.on('end', () => fail(`connection ${index} was ended after ${read[index]} bytes`));
}

createInterface({ input: process.stdin })
  .on('line', () => process.stdout.write(`${Math.min(...read)}\n`))
  .on('close', () => process.exit(0));

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
