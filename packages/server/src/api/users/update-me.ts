import { updateCurrentUser } from '@quarry/contract';
import { parseNetworks } from '../../access/networks.ts';
import { findUser } from '../../db/queries/find-user.ts';
import { recordEvent } from '../../db/queries/record-event.ts';
import { changeUser } from '../../db/queries/users.ts';
import { route } from '../../http/route.ts';
import { invalidFields } from '../../problems.ts';
import { refuseJobKey } from '../keys/refuse-job-key.ts';
import type { PeopleContext } from './context.ts';
import { splitName } from './split-name.ts';
import { changedSshKeys } from './ssh-keys.ts';
import { userToWire } from './to-wire.ts';

export const updateMe = ({ database, clock, maxJobHours }: PeopleContext) =>
  route(updateCurrentUser, async (call) => {
    const { userId } = refuseJobKey(call.caller);
    const { fullName, cidrRule } = call.body;
    const networks = parseNetworks(cidrRule ?? '');
    if (networks === null) {
      throw invalidFields({
        cidrRule: [
          'Give networks such as 10.0.0.0/8 or 2001:db8::/32, separated by commas; nothing for all.',
        ],
      });
    }
    await database.write(async (queries) => {
      const { user } = await findUser(queries, userId);
      await changeUser(queries, userId, {
        ...(fullName !== undefined && splitName(fullName)),
        cidr_rule: cidrRule === undefined ? user.cidr_rule : networks.join(', '),
        ssh_keys: changedSshKeys(user, call.body),
      });
      const detail = { fields: Object.keys(call.body) };
      const subject = `user:${userId}`;
      await recordEvent(queries, { at: clock.now(), actorId: userId, subject, verb: 'changed', detail });
    });
    const { user, workspace, projects } = await findUser(database.read, userId);
    return userToWire(user, { workspace, projects, maxJobHours });
  });
