import { expect, test } from 'vitest';
import { rightsIn } from './rights.ts';

const members = [
  { userId: 'Ann', email: 'ann@lab.example', role: 'manager' as const },
  { userId: 'Bea', email: 'bea@lab.example', role: 'member' as const },
];

test.each([
  ['Ann', 'member', 'manager', false],
  ['Ann', 'manager', 'manager', true],
  ['Bea', 'manager', 'member', false],
  ['Bea', 'admin', 'member', true],
  ['Cy', 'admin', null, true],
] as const)(
  '%s, a %s of the site, is %s in the project; manages it: %s',
  (id, siteRole, role, isManaging) => {
    expect(rightsIn({ members }, { id, role: siteRole })).toEqual({ role, isManaging });
  },
);
