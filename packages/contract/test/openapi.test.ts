import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, test } from 'vitest';
import { buildOpenApi, type EndpointDefinition, endpointsByName } from '../src/index.ts';

const VERSIONS = ['v2', 'v3'] as const;

describe.each(VERSIONS)('the OpenAPI document of %s', (version) => {
  const document = buildOpenApi({ version });
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path));

  test('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    const result = await validator.validate(JSON.parse(JSON.stringify(document)));
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
    expect(validator.version).toBe('3.1');
  });

  test('has every endpoint once, under its name', () => {
    const expected = Object.entries<EndpointDefinition>(endpointsByName)
      .filter(([, definition]) => definition.versions?.includes(version) ?? true)
      .map(([name]) => name);
    expect(operations.map((operation) => operation.operationId).sort()).toEqual(expected.sort());
  });

  test('refers only to components that it has', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/([^/]+)\/([^"]+)"/g)];
    expect(references.length).toBeGreaterThan(50);
    for (const [, kind, name] of references) expect(document.components[kind!], name).toHaveProperty(name!);
    expect(JSON.stringify(document)).not.toContain('#/$defs/');
  });

  test('describes every tag that it uses', () => {
    const described = document.tags.map((tag) => tag.name);
    for (const operation of operations) expect(described).toContain(operation.tags[0]);
  });

  test('names each path parameter of a path, and no other', () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      for (const operation of Object.values(methods)) {
        const parameters = (operation.parameters ?? []) as { in: string; name: string }[];
        const named = parameters
          .filter((parameter) => parameter.in === 'path')
          .map((parameter) => parameter.name);
        expect(named.sort(), path).toEqual(inPath.sort());
      }
    }
  });
});

test('the document says where v3 differs', () => {
  const schemas = buildOpenApi({ version: 'v3' }).components.schemas!;
  expect(schemas).toHaveProperty('JobV3');
  expect(schemas).not.toHaveProperty('Job');
});

test('the document tells of uploads, ranges and empty bodies', () => {
  const { paths } = buildOpenApi({ version: 'v2', serverUrl: 'https://quarry.example' });
  const upload = paths['/api/v2/files/contents/']!.post!;
  expect(upload.requestBody).toHaveProperty('content.multipart/form-data.schema.properties.file');
  const download = paths['/api/v2/files/{fileId}/contents/']!.get!;
  expect(Object.keys(download.responses)).toEqual(expect.arrayContaining(['200', '206', '304', '416']));
  const submit = paths['/api/v2/jobs/{jobId}/submit/']!.post!;
  expect(submit.responses['200']).not.toHaveProperty('content');
});

test('the document is the same each time it is built', () => {
  expect(JSON.stringify(buildOpenApi({ version: 'v2' }))).toBe(
    JSON.stringify(buildOpenApi({ version: 'v2' })),
  );
});
