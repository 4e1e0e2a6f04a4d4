/** `lint.ts`: what Redocly and Spectral say about the documents of both versions; a warning is a failure too. */
import { spawnSync } from 'node:child_process';
import { HERE, writeDocument } from './documents.ts';

const documents = [await writeDocument('v2'), await writeDocument('v3')];
const tools = [
  ['redocly', 'lint', '--config', 'redocly.yaml'],
  ['spectral', 'lint', '--ruleset', 'spectral.yaml', '--fail-severity', 'warn'],
];
for (const tool of tools) {
  const { status } = spawnSync('npx', ['--no-install', ...tool, ...documents], {
    cwd: HERE,
    stdio: 'inherit',
    env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
  });
  if (status !== 0) {
    process.exitCode = 1;
  }
}
