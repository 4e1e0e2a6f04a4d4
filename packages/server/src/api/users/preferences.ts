import { getPreferences, MAX_PREFERENCES_BYTES, type Preferences, updatePreferences } from '@quarry/contract';
import { findUser } from '../../db/queries/find-user.ts';
import { changeUser } from '../../db/queries/users.ts';
import { route } from '../../http/route.ts';
import { invalidFields } from '../../problems.ts';
import { refuseJobKey } from '../keys/refuse-job-key.ts';
import type { PeopleContext } from './context.ts';

export const showPreferences = ({ database }: PeopleContext) =>
  route(getPreferences, async (call) => {
    const { user } = await findUser(database.read, refuseJobKey(call.caller).userId);
    return JSON.parse(user.preferences) as Preferences;
  });

export const changePreferences = ({ database }: PeopleContext) =>
  route(updatePreferences, (call) => {
    const { userId } = refuseJobKey(call.caller);
    return database.write(async (queries) => {
      const { user } = await findUser(queries, userId);
      const all = new Map(Object.entries(JSON.parse(user.preferences) as Preferences));
      for (const [name, value] of Object.entries(call.body)) {
        if (value === null) {
          all.delete(name);
        } else {
          all.set(name, value);
        }
      }
      const text = JSON.stringify(Object.fromEntries(all));
      const bytes = Buffer.byteLength(text);
      if (bytes > MAX_PREFERENCES_BYTES) {
        throw invalidFields({
          non_field_errors: [
            `Preferences may take ${MAX_PREFERENCES_BYTES} bytes together, and would take ${bytes}. Take some away with null.`,
          ],
        });
      }
      await changeUser(queries, userId, { preferences: text });
      return Object.fromEntries(all);
    });
  });
