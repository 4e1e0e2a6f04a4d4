import { expect, test } from 'vitest';
import { requestIdOf } from './request-id.ts';

const idOf = (sent: string | undefined) => requestIdOf({ headers: { 'x-request-id': sent } });

test.each(['a', 'k8s.ingress_1-2', 'A'.repeat(64)])('%j is taken over', (sent) => {
  expect(idOf(sent)).toBe(sent);
});

test.each([undefined, '', 'A'.repeat(65), 'a b', 'a\tb', 'é', '{"level":50}', 'a, b', '%0a'])(
  '%j is none: one of ours is made, and no two are the same',
  (sent) => {
    const ids = Array.from({ length: 1000 }, () => idOf(sent));
    for (const id of ids) {
      expect(id).toMatch(/^[0-9a-f]{4}-[0-9a-f]{12}$/);
    }
    expect(new Set(ids).size).toBe(ids.length);
  },
);
