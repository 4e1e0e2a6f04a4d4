/** `node upload-child.ts BASE_URL PATH`: uploads a path, and writes why it could not as a line of JSON. */
import { Quarry } from '@quarry/sdk';
import { uploadPaths } from '@quarry/sdk/node';

const [baseUrl = '', path = ''] = process.argv.slice(2);
try {
  await uploadPaths(new Quarry({ baseUrl, apiKey: 'abc123' }), [path]);
} catch (error) {
  const { name, message, problem } = error as Error & { problem?: string };
  process.stdout.write(`${JSON.stringify({ type: 'failed', name, message, problem })}\n`);
}
