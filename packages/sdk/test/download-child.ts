/** `node download-child.ts BASE_URL TARGET`: a client that a test may kill. Writes each event as a line of JSON. */
import { Quarry } from '@quarry/sdk';
import { downloadFile } from '@quarry/sdk/node';

const [baseUrl = '', target = ''] = process.argv.slice(2);
const platform = new Quarry({ baseUrl, apiKey: 'abc123' });
const onEvent = (event: unknown) => process.stdout.write(`${JSON.stringify(event)}\n`);
try {
  await downloadFile(platform, 'filef', target, { onEvent });
} catch (error) {
  const { name, message, problem } = error as Error & { problem?: string };
  process.stdout.write(`${JSON.stringify({ type: 'failed', name, message, problem })}\n`);
  process.exitCode = 1;
}
