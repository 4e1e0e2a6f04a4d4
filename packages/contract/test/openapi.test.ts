import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, test } from 'vitest';
import { buildOpenApi, collectSchemas, type EndpointDefinition, endpointsByName } from '../src/index.ts';

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
    for (const [, kind, name] of references) {
      expect(document.components[kind!], name).toHaveProperty(name!);
    }
    expect(JSON.stringify(document)).not.toContain('#/$defs/');
  });

  test('describes every tag that it uses', () => {
    const described = document.tags.map((tag) => tag.name);
    for (const operation of operations) {
      expect(described).toContain(operation.tags[0]);
    }
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

test('what has a default may be left out of requests, and is always there in answers', () => {
  const { components } = buildOpenApi({ version: 'v2' });
  const schemas = components.schemas as Record<string, { properties: object; required?: string[] }>;
  expect(schemas.JobDefinition!.required).toEqual(['name', 'jobanalyses']);
  expect(schemas.JobAnalysisDefinition!.required).toEqual(['analysis', 'command', 'hardware']);
  expect(schemas.HardwareDefinition!.required).toEqual(['coreType', 'coresPerSlot']);
  expect(schemas.Optimizer!.required).toEqual(Object.keys(schemas.Optimizer!.properties));
});

test('no request has to send what has a default', () => {
  const bodies: unknown[] = [];
  for (const endpoint of Object.values<EndpointDefinition>(endpointsByName)) {
    const schemas = collectSchemas();
    for (const part of ['params', 'query', 'headers', 'form', 'body'] as const) {
      if (endpoint[part]) {
        bodies.push(schemas.convert(endpoint[part], 'input', part), schemas.components);
      }
    }
  }
  let defaults = 0;
  JSON.stringify(bodies, (_key, value) => {
    for (const [name, field] of Object.entries<object>(value?.properties ?? {})) {
      if (!('default' in field)) {
        continue;
      }
      defaults += 1;
      expect(value.required ?? [], JSON.stringify(field)).not.toContain(name);
    }
    return value;
  });
  expect(defaults).toBeGreaterThan(30);
});

test('lists of what has a name are named pages', () => {
  const { paths, components } = buildOpenApi({ version: 'v2' });
  const answer = paths['/api/v2/jobs/']!.get!.responses['200'];
  expect(answer).toHaveProperty(
    'content.application/json.schema.$ref',
    '#/components/schemas/JobSummaryPage',
  );
  expect(components.schemas!.JobSummaryPage).toHaveProperty('properties.results.items.$ref');
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
