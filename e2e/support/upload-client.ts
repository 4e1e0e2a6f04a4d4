/** A program of its own that uploads one file, for tests that kill it: `upload-client.ts URL KEY PATH`. */
import { Quarry } from '@quarry/sdk';
import { uploadPath } from '@quarry/sdk/node';

const [baseUrl, apiKey, path] = process.argv.slice(2) as [string, string, string];
const file = await uploadPath(new Quarry({ baseUrl, apiKey }), path, {
  onProgress: ({ transferredBytes }) => process.stdout.write(`${transferredBytes}\n`),
});
process.stdout.write(`${file.id}\n`);
