/**
 * `node watchers.ts URL KEY CONNECTIONS`: follows a file of a run by so many connections, whose lines are the times at which
 * they were written (seconds since the epoch). Says `open` when all have got something; for each line on stdin, as JSON,
 * how late lines have come since the last one, and the fewest events that one has got; ends when stdin does.
 */
import { request } from 'node:http';
import { createInterface } from 'node:readline';

const [url, key] = process.argv.slice(2) as [string, string];
const connections = Number(process.argv[4]);
const got: number[] = Array.from({ length: connections }, () => 0);
let lagsMs: number[] = [];
let answered = 0;

/** More at once than a listening socket keeps in line would be asked to come again in a second, or in seven. */
const OPENED_AT_ONCE = 100;

for (let index = 0; index < Math.min(OPENED_AT_ONCE, connections); index++) {
  open(index);
}

function open(index: number): void {
  const asked = request(url, { agent: false, headers: { authorization: `Token ${key}` } }, (response) => {
    if (response.statusCode !== 200) {
      fail(`watcher ${index} was answered ${response.statusCode}`);
    }
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      const now = Date.now();
      text += chunk;
      const end = text.lastIndexOf('\n\n');
      if (end < 0) {
        return;
      }
      for (const event of text.slice(0, end).split('\n\n')) {
        take(index, event, now);
      }
      text = text.slice(end + 2);
    });
    response.on('end', () => fail(`watcher ${index} was ended after ${got[index]} events`));
  });
  asked.on('error', (error) => fail(`watcher ${index}: ${error.message}`));
  asked.end();
}

function take(index: number, event: string, now: number): void {
  const data = /^event: data\ndata: (.*)$/m.exec(event)?.[1];
  if (data === undefined) {
    return;
  }
  const { text } = JSON.parse(data) as { text: string };
  for (const line of text.split('\n').filter((each) => each !== '')) {
    lagsMs.push(now - Number(line.slice(line.lastIndexOf(' ') + 1).replace(',', '.')) * 1000);
  }
  got[index]! += 1;
  if (got[index] === 1) {
    if (index + OPENED_AT_ONCE < connections) {
      open(index + OPENED_AT_ONCE);
    }
    if (++answered === connections) {
      process.stdout.write('open\n');
    }
  }
}

createInterface({ input: process.stdin })
  .on('line', () => {
    const sorted = lagsMs.toSorted((a, b) => a - b);
    const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? null;
    process.stdout.write(
      `${JSON.stringify({ medianMs: at(0.5), p99Ms: at(0.99), lines: sorted.length, least: Math.min(...got) })}\n`,
    );
    lagsMs = [];
  })
  .on('close', () => process.exit(0));

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
