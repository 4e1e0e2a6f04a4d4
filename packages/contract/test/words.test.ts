import { describe, expect, test } from 'vitest';
import { buildOpenApi, type OpenApiDocument } from '../src/index.ts';

type Json = Record<string, unknown>;

/** Keywords of OpenAPI whose values are things by their names. */
const BY_NAME = ['properties', 'headers', 'schemas', 'responses'];

/** The addresses of all that has no description: operations, parameters, headers, answers, schemas and their fields. */
function wordless({ paths, components }: OpenApiDocument): string[] {
  const found: string[] = [];
  const need = (thing: Json, address: string) => {
    const isAnswerByName = '$ref' in thing && String(thing.$ref).includes('/responses/');
    if (!isAnswerByName && !isSentence(thing.description)) {
      found.push(address);
    }
  };
  const walk = (value: unknown, address: string) => {
    if (typeof value !== 'object' || value === null) {
      return;
    }
    for (const [key, child] of Object.entries(value as Json)) {
      if (['default', 'enum', 'const', 'example', 'examples'].includes(key)) {
        continue;
      }
      if (BY_NAME.includes(key)) {
        for (const [name, thing] of Object.entries(child as Record<string, Json>)) {
          need(thing, `${address}/${name}`);
          walk(thing, `${address}/${name}`);
        }
      } else {
        walk(child, `${address}/${key}`);
      }
    }
  };
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const address = `${method} ${path}`;
      need(operation, address);
      for (const parameter of (operation.parameters ?? []) as Json[]) {
        need(parameter, `${address} ${parameter.name}`);
      }
      walk(operation, address);
    }
  }
  walk(components, 'components');
  return found;
}

/** Words for people: a beginning, and an end that says that nothing was cut off. */
function isSentence(description: unknown): boolean {
  return typeof description === 'string' && /^[\p{Lu}\d`"<].*[.!?:]$/su.test(description);
}

describe.each(['v2', 'v3'] as const)('the document of %s', (version) => {
  test('says in a sentence what every operation, parameter, answer, schema and field is', () => {
    expect(wordless(buildOpenApi({ version }))).toEqual([]);
  });

  test('has a summary of one line for every operation, without a full stop', () => {
    const operations = Object.values(buildOpenApi({ version }).paths).flatMap((path) => Object.values(path));
    for (const { operationId, summary } of operations) {
      expect(summary, operationId).toMatch(/^\p{Lu}[^\n]{3,119}[^.\n]$/u);
    }
  });
});

test('a field whose comment is missing is named', () => {
  const document = buildOpenApi({ version: 'v2', descriptions: { Job: 'A job.', 'Job.id': 'Its id.' } });
  const found = wordless(document);
  expect(found).toContain('components/Job/name');
  expect(found).toContain('components/Job/progress');
  expect(found).toContain('components/JobProgress/runs');
  expect(found).toContain('get /api/v2/jobs/{jobId}/ jobId');
  expect(found).not.toContain('components/Job/id');
});
