/** `run-seed.ts SCRIPT [ARGS]` runs the seed's conformance script against `quarry serve` on a fresh data directory. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { withServer } from './with-server.ts';

const [script, ...args] = process.argv.slice(2);

const isGood = await withServer({}, async ({ url, apiKey }) => {
  const seed = spawn('/usr/bin/python3', [script!, '--base-url', url, '--api-key', apiKey, ...args], {
    stdio: 'inherit',
  });
  const [code] = await once(seed, 'exit');
  process.exitCode = code ?? 1;
});
if (!isGood) {
  process.exitCode = 1;
}
