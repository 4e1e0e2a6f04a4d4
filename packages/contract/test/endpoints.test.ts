import { describe, expect, test } from 'vitest';
import * as contract from '../src/index.ts';
import { type EndpointDefinition, endpoints, endpointsByName } from '../src/index.ts';

const named = Object.entries<EndpointDefinition>(endpointsByName);

test('every endpoint constant of the package is in the list, under its own name', () => {
  const isEndpoint = (value: unknown): value is EndpointDefinition =>
    typeof value === 'object' && value !== null && 'method' in value && 'path' in value && 'access' in value;
  const constants = Object.entries(contract).filter(([, value]) => isEndpoint(value));
  expect(constants.map(([name]) => name).sort()).toEqual(named.map(([name]) => name).sort());
  for (const [name, value] of constants) {
    expect(endpointsByName).toHaveProperty(name, value);
  }
  expect(endpoints).toHaveLength(named.length);
});

test('no two endpoints share method and path', () => {
  const routes = endpoints.map(({ method, path }) => `${method} ${path.replace(/:\w+/g, ':')}`);
  expect(new Set(routes).size).toBe(routes.length);
});

describe.each(named)('%s', (_name, definition) => {
  test('has a canonical path: v2 with a trailing slash, or a free tail', () => {
    expect(definition.path).toMatch(/^\/api\/(v2|agent)\/(.*\/)?\*?$/);
    expect(definition.versions === undefined).toBe(!definition.path.startsWith('/api/v2/'));
  });

  test('declares exactly the parameters of its path', () => {
    const inPath = [...definition.path.matchAll(/:(\w+)|(\*)/g)].map((match) => match[1] ?? match[2]);
    const declared = definition.params
      ? Object.keys((definition.params as unknown as { shape: object }).shape)
      : [];
    expect(declared.sort()).toEqual(inPath.sort());
  });

  test('answers with a body exactly when its status has one', () => {
    const isEmpty = definition.response === undefined && definition.responseKind !== 'bytes';
    if (definition.status === 204) {
      expect(isEmpty).toBe(true);
    }
    if (definition.status === 201) {
      expect(isEmpty).toBe(false);
    }
  });
});

test.each([
  ['createJob', 201],
  ['submitJob', 200],
  ['stopJob', 202],
  ['updateJob', 200],
  ['replaceJob', 200],
  ['deleteJob', 204],
  ['cloneJob', 201],
  ['uploadFile', 201],
  ['putFile', 201],
  ['updateFile', 200],
  ['deleteFile', 204],
  ['downloadFile', 200],
] as const)('%s answers %i, as clients check', (name, status) => {
  expect(endpointsByName[name].status).toBe(status);
});
