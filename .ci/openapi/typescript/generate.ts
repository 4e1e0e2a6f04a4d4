/** `generate.ts DOCUMENT TARGET`: types of the document, with bytes as `Blob`, as the generator's own manual does it. */
import { readFile, writeFile } from 'node:fs/promises';
import openapiTS, { astToString } from 'openapi-typescript';
import ts from 'typescript';

const [document, target] = process.argv.slice(2) as [string, string];
const blob = ts.factory.createTypeReferenceNode('Blob');
const types = await openapiTS(await readFile(document, 'utf8'), {
  // What has a default may be left out of requests.
  defaultNonNullable: false,
  transform: (schema) => (schema.format === 'binary' ? blob : undefined),
});
await writeFile(target, astToString(types));
