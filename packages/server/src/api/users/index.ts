import type { Route } from '../../http/route.ts';
import type { PeopleContext } from './context.ts';
import { create } from './create.ts';
import { list } from './list.ts';
import { me } from './me.ts';
import { createPasswordLink } from './password-link.ts';
import { changePreferences, showPreferences } from './preferences.ts';
import { setOwnPassword } from './set-password.ts';
import { update } from './update.ts';
import { updateMe } from './update-me.ts';

/** The endpoints of users. */
export function userRoutes(context: PeopleContext): Route[] {
  return [
    me(context),
    updateMe(context),
    showPreferences(context),
    changePreferences(context),
    setOwnPassword(context),
    list(context),
    create(context),
    update(context),
    createPasswordLink(context),
  ];
}
