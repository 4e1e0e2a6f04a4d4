import { expect, test } from 'vitest';
import { pointAtFiles } from './emit.ts';

const EXPORTS = new Map([
  ['@quarry/sdk', 'sdk/src/index.ts'],
  ['@quarry/agent/files/*', 'agent/src/files/*.ts'],
  ['@quarry/portal/public/*', 'portal/public/*'],
]);

const pointed = (text: string) => pointAtFiles(text, '/out/server/src/api/x.js', '/out', EXPORTS);

test.each([
  [`import { a } from '@quarry/sdk';`, `import { a } from '../../../sdk/src/index.js';`],
  [`type A = import("@quarry/sdk").A;`, `type A = import("../../../sdk/src/index.js").A;`],
  [`import('@quarry/agent/files/door')`, `import('../../../agent/src/files/door.js')`],
  [
    'import.meta.resolve(`@quarry/portal/public/${name}`)',
    'import.meta.resolve(`../../../portal/public/${name}`)',
  ],
  [`new Worker(new URL('./w.ts', import.meta.url))`, `new Worker(new URL('./w.js', import.meta.url))`],
  [`export * from './y.ts';`, `export * from './y.js';`],
])('%s names a file of the package', (before, after) => {
  expect(pointed(before)).toBe(after);
});

test('what people read is left as it is, and a name that nobody exports is refused', () => {
  const comment = "/** `uploadPath` of `@quarry/sdk/node`, see './y.ts'. */";
  expect(pointed(comment)).toBe(comment);
  expect(() => pointed(`import '@quarry/unheard'`)).toThrow('No package of ours exports @quarry/unheard.');
});
