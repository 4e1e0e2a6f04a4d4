/// <reference types="vite/types/importMeta.d.ts" />
import { describe, expect, test } from 'vitest';
import {
  type EndpointDefinition,
  type EndpointName,
  endpointsByName,
  findUnknownFields,
} from '../src/index.ts';

interface Fixture {
  name: string;
  endpoint: EndpointName;
  body?: unknown;
  query?: unknown;
  /** Part of what the handler gets. */
  expected?: object;
  /** Keys that the client is told about. */
  unknown?: string[];
}

const clients = import.meta.glob<Fixture[]>('../fixtures/*.json', { eager: true, import: 'default' });

test('there are fixtures of several clients', () => {
  expect(Object.keys(clients).length).toBeGreaterThan(5);
});

describe.each(Object.entries(clients))('%s', (_file, fixtures) => {
  test.each(fixtures.map((fixture) => [fixture.name, fixture] as const))(
    'is understood: %s',
    (_name, fixture) => {
      const definition: EndpointDefinition = endpointsByName[fixture.endpoint];
      const part = fixture.body === undefined ? 'query' : 'body';
      const schema = definition[part]!;
      const parsed = schema.safeParse(fixture[part]);
      expect(parsed.error?.issues).toBeUndefined();
      if (fixture.expected) {
        expect(parsed.data).toMatchObject(fixture.expected);
      }
      expect(findUnknownFields(schema, fixture[part])).toEqual(fixture.unknown ?? []);
    },
  );
});
