import type { ManagedUser } from '@quarry/sdk';
import { useMutation } from '@tanstack/react-query';
import { queryClient } from '../../api/queries.ts';
import { quarry } from '../../api/sdk.ts';
import { notifyDone, notifyFailed } from '../../ui/notify.tsx';
import { words } from '../../words/words.ts';

type Change = { user: ManagedUser; role: ManagedUser['role'] } | { user: ManagedUser; isActive: boolean };

/** What administrators change of users; each says what has come of it. */
export function useUserChanges() {
  const text = words.keeper.users;
  const marked = () => void queryClient.invalidateQueries({ queryKey: ['users'] });
  const change = useMutation({
    mutationFn: ({ user, ...changes }: Change) => quarry.admin.updateUser(user.id, changes),
    onSuccess: ({ email, role }, asked) => {
      if ('role' in asked) {
        notifyDone(text.roleDone(email, text.roles[role]));
      } else {
        notifyDone(asked.isActive ? text.unlockDone(email) : text.lockDone(email));
      }
    },
    onError: (error) => notifyFailed(text.changeFailed, error),
    onSettled: marked,
  });
  const link = useMutation({
    mutationFn: (user: ManagedUser) => quarry.admin.createPasswordLink(user.id),
    onError: (error) => notifyFailed(text.linkFailed, error),
  });
  return { change, link };
}
