/** What pages keep for a user: columns, theme, last project. The server does not know what it means. */
import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { wireWords } from './errors.ts';
import { MAX_NAME_LENGTH } from './limits.ts';
import { byUsableName, UNUSABLE_NAME } from './unusable-name.ts';

/** What all preferences of a user may take, as JSON in UTF-8. */
export const MAX_PREFERENCES_BYTES = 16 * 1024;

/** Values by their names. */
export const preferences = z.record(z.string(), z.unknown()).meta({ id: 'Preferences' });
export type Preferences = z.output<typeof preferences>;

const changes = byUsableName(
  z.record(z.string(), z.unknown(), { error: wireWords }).superRefine((values, context) => {
    for (const name of Object.keys(values)) {
      if (name.trim() === '' || name.length > MAX_NAME_LENGTH) {
        const message = `The name of a preference has 1 to ${MAX_NAME_LENGTH} characters.`;
        context.addIssue({ code: 'custom', message, path: [name] });
      }
    }
  }),
  `A preference may not be called ${UNUSABLE_NAME}.`,
);

const shared = {
  path: '/api/v2/users/me/preferences/',
  versions: ['v2', 'v3'],
  tag: 'Users',
  access: 'user',
  extension: true,
  refusals: ['Forbidden'],
} as const;

export const getPreferences = endpoint({
  ...shared,
  method: 'GET',
  summary: 'What pages keep for you',
  description: 'An object of JSON values by their names, empty at first. The key of a job has none (403).',
  status: 200,
  response: preferences,
});

export const updatePreferences = endpoint({
  ...shared,
  method: 'PATCH',
  summary: 'Change some of what pages keep for you',
  description:
    'The body has values by their names, any JSON; null takes one away, and those that are not named stay, so that several pages can write at the same time. All together are bounded (400). The answer has all of them.',
  body: changes,
  status: 200,
  response: preferences,
});
