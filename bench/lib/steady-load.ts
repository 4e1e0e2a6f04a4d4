/**
 * `node steady-load.ts URL KEY RATE SECONDS WARM_UP_SECONDS`: requests at even distances, each timed from the moment it was due, so
 * that a server that stalls is charged for all who waited. (autocannon sends the requests of a second in one burst.)
 */
import { Agent, get } from 'node:http';

const [url, key] = process.argv.slice(2) as [string, string];
const [rate, seconds, warmUpSeconds] = process.argv.slice(4).map(Number) as [number, number, number];
const total = rate * (seconds + warmUpSeconds);
const agent = new Agent({ keepAlive: true, maxSockets: 100 });
const headers = { authorization: `Token ${key}` };
const times: number[] = [];
let sent = 0;
let answered = 0;

const begin = performance.now();
const timer = setInterval(() => {
  const due = Math.min(total, Math.floor(((performance.now() - begin) * rate) / 1000));
  while (sent < due) {
    ask(begin + (sent++ * 1000) / rate);
  }
  if (sent === total) {
    clearInterval(timer);
  }
}, 1);

function ask(dueAt: number): void {
  const request = get(url, { agent, headers }, (response) => {
    if (response.statusCode !== 200) {
      fail(`${url} answers ${response.statusCode}`);
    }
    response.resume().once('end', () => {
      if (dueAt - begin >= warmUpSeconds * 1000) {
        times.push(performance.now() - dueAt);
      }
      if (++answered === total) {
        finish();
      }
    });
  });
  request.once('error', (error) => fail(`${url}: ${error.message}`));
}

function finish(): void {
  agent.destroy();
  times.sort((a, b) => a - b);
  const at = (part: number) => times[Math.min(times.length - 1, Math.floor(times.length * part))];
  console.log(JSON.stringify({ p50Ms: at(0.5), p99Ms: at(0.99), answered: times.length }));
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
