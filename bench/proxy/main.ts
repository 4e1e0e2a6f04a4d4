/** `node bench/proxy/main.ts --target HOST:PORT ...`: the proxy as a program; tells what went through when it ends. */
import { parseArgs } from 'node:util';
import type { Corruption, Direction } from './corruption.ts';
import { randomOffsets } from './cuts.ts';
import { parseBytes, parseMilliseconds } from './parse-quantity.ts';
import { type ProxyOptions, startProxy } from './proxy.ts';

const USAGE = `Usage: node bench/proxy/main.ts --target HOST:PORT [OPTIONS]
  --port N                  where it listens; a free port when absent
  --host ADDRESS            127.0.0.1 when absent
  --rate-per-connection R   bytes per second of each connection and direction, such as 8.4MB or 1MiB
  --rate R                  the same for all connections together
  --latency T               added to each round trip, such as 20ms
  --cut-after SIZE          each connection is cut after so many bytes, both directions together
  --cut-times N             but only so many of them
  --cut-total-after SIZE    whichever connection carries this byte of the total is cut; may be repeated
  --cut-at-random N         so many cuts at random bytes of the total ...
  --cut-within SIZE         ... below this one
  --seed N                  of the random cuts; 1 when absent
  --cut-by reset|end        how a cut looks; reset when absent
  --corrupt-at OFFSET       changes this byte of what goes to clients; up:OFFSET of what goes to the target
  --corrupt-body N:OFFSET   this byte of the N-th body that goes to clients; up:N:OFFSET of the N-th request's
  --corrupt-min-body SIZE   counts only bodies of at least this size
  --json                    says where it listens, and at the end what went through, as a line of JSON each
Sizes know B, kB, MB, GB, KiB, MiB and GiB.
`;

const { values } = parseArgs({
  options: {
    target: { type: 'string' },
    port: { type: 'string' },
    host: { type: 'string' },
    'rate-per-connection': { type: 'string' },
    rate: { type: 'string' },
    latency: { type: 'string' },
    'cut-after': { type: 'string' },
    'cut-times': { type: 'string' },
    'cut-total-after': { type: 'string', multiple: true },
    'cut-at-random': { type: 'string' },
    'cut-within': { type: 'string' },
    seed: { type: 'string' },
    'cut-by': { type: 'string' },
    'corrupt-at': { type: 'string', multiple: true },
    'corrupt-body': { type: 'string', multiple: true },
    'corrupt-min-body': { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help || values.target === undefined) {
  process.stderr.write(USAGE);
  process.exit(values.help ? 0 : 2);
}

const proxy = await startProxy(orRefuse(() => options(values.target!))).catch((error: Error) =>
  refuse(error.message.replace(/\.$/, '')),
);
process.stdout.write(
  values.json
    ? `${JSON.stringify({ url: proxy.url, port: proxy.port })}\n`
    : `Passes ${proxy.url} on to ${values.target}; ends with Ctrl-C.\n`,
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    const { stats } = proxy;
    process.stdout.write(
      values.json
        ? `${JSON.stringify(stats)}\n`
        : `${stats.connections} connections, ${stats.bytesUp} bytes up, ${stats.bytesDown} bytes down, ${stats.cuts.length} cuts, ${stats.corrupted} bytes changed\n`,
      () => void proxy[Symbol.asyncDispose](),
    );
  });
}

// Who started this program with a channel may ask meanwhile.
process.on('message', () => process.send!(proxy.stats));

function orRefuse<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    return refuse((error as Error).message.replace(/\.$/, ''));
  }
}

function options(target: string): ProxyOptions {
  const bytes = (text: string | undefined) => (text === undefined ? undefined : parseBytes(text));
  const number = (text: string | undefined) => (text === undefined ? undefined : wholeNumber(text));
  const cutBy = values['cut-by'];
  if (cutBy !== undefined && cutBy !== 'reset' && cutBy !== 'end') {
    refuse(`--cut-by knows no ${cutBy}`);
  }
  const atTotalBytes = (values['cut-total-after'] ?? []).map(parseBytes);
  const randomCuts = number(values['cut-at-random']);
  if (randomCuts !== undefined) {
    const within = bytes(values['cut-within']) ?? refuse('--cut-at-random needs --cut-within');
    atTotalBytes.push(...randomOffsets(randomCuts, within, number(values.seed) ?? 1));
  }
  return {
    target,
    cutBy,
    port: number(values.port),
    host: values.host,
    ratePerConnection: bytes(values['rate-per-connection']),
    rate: bytes(values.rate),
    latencyMs: values.latency === undefined ? undefined : parseMilliseconds(values.latency),
    cuts: { afterBytes: bytes(values['cut-after']), times: number(values['cut-times']), atTotalBytes },
    corruptions: corruptions(),
  };
}

function corruptions(): Corruption[] {
  const least = values['corrupt-min-body'];
  const minimum = least === undefined ? {} : { minBodyBytes: parseBytes(least) };
  return [
    ...(values['corrupt-at'] ?? []).map((text) => {
      const [direction, rest] = directed(text);
      return { direction, offset: parseBytes(rest) };
    }),
    ...(values['corrupt-body'] ?? []).map((text) => {
      const [direction, rest] = directed(text);
      const [body = '', offset = '0'] = rest.split(':');
      return { direction, body: wholeNumber(body), offset: parseBytes(offset), ...minimum };
    }),
  ];
}

function directed(text: string): [Direction, string] {
  const [, direction = 'down', rest = ''] = /^(?:(up|down):)?(.*)$/.exec(text)!;
  return [direction as Direction, rest];
}

function wholeNumber(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : refuse(`${text} is not a whole number`);
}

function refuse(what: string): never {
  process.stderr.write(`${what}.\n${USAGE}`);
  process.exit(2);
}
