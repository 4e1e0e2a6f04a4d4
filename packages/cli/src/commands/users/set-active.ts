import type { ManagedUser } from '@quarry/sdk';
import type { PlatformContext } from '../../command.ts';
import { findUser } from '../../find-user.ts';

/** Locks users out or lets them in; nobody is changed where one of them is not there. */
export async function setActive(
  named: readonly string[],
  isActive: boolean,
  { sdk, signal }: Pick<PlatformContext, 'sdk' | 'signal'>,
): Promise<{ users: ManagedUser[] }> {
  const found: ManagedUser[] = [];
  for (const each of named) {
    found.push(await findUser(each, { sdk, signal }));
  }
  const users: ManagedUser[] = [];
  for (const { id } of found) {
    users.push(await sdk.admin.updateUser(id, { isActive }, { signal }));
  }
  return { users };
}
