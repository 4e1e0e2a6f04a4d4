import { describe, expect, test } from 'vitest';
import {
  buildOpenApi,
  type EndpointDefinition,
  type EndpointName,
  endpointsByName,
  findUnknownFields,
  responseSchema,
} from '../src/index.ts';

type Media = Record<string, { example?: unknown }>;

describe.each(['v2', 'v3'] as const)('the examples of %s', (version) => {
  const operations = Object.values(buildOpenApi({ version }).paths)
    .flatMap((path) => Object.values(path))
    .map((operation) => [operation.operationId as EndpointName, operation] as const);

  test.each(operations)('show what %s takes and answers, as its schemas have it', (name, operation) => {
    const definition: EndpointDefinition = endpointsByName[name];
    if (definition.access === 'agent') {
      return;
    }
    const request = exampleIn(operation.requestBody);
    const response = exampleIn(operation.responses[definition.status]);

    if (definition.body?.safeParse(undefined).success === false) {
      expect(definition.body.safeParse(request).error?.issues).toBeUndefined();
      expect(findUnknownFields(definition.body, request)).toEqual([]);
    }
    if (definition.form) {
      expect(definition.form.safeParse(request).error?.issues).toBeUndefined();
    }

    const answers = responseSchema(definition, version);
    if (answers) {
      expect(answers.safeParse(response).error?.issues).toBeUndefined();
    }
  });

  test('name nobody and nothing of the machine that they were recorded on', () => {
    const text = JSON.stringify(operations);
    expect(text).not.toMatch(/127\.0\.0\.1|localhost|\/tmp\/|\/home\/[^w]|root@/);
    for (const [, key] of text.matchAll(/"qry_(\w+)/g)) {
      expect(key).toMatch(/^Exam/);
    }
    for (const [address] of text.matchAll(/[\w.]+@[\w.]+\.\w+/g)) {
      expect(address).toMatch(/@lab\.example$/);
    }
  });
});

/** What the first media type of a body is shown with. */
function exampleIn(body: unknown): unknown {
  const { content = {} } = (body ?? {}) as { content?: Media };
  return Object.values(content)[0]?.example;
}
