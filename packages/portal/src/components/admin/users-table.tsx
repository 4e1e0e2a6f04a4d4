import { Modal, NativeSelect } from '@mantine/core';
import type { ManagedUser } from '@quarry/sdk';
import { useState } from 'react';
import { canUser } from '../../api/can.ts';
import { useUser } from '../../api/session.ts';
import { ActionButton } from '../../ui/action-button.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Name } from '../../ui/name.tsx';
import { Age, Moment } from '../../ui/time.tsx';
import { words } from '../../words/words.ts';
import { useAwayRefusal } from '../jobs/use-job-actions.ts';
import styles from '../settings/settings.module.css';
import { useUserChanges } from './use-user-changes.ts';

/** Users with what administrators can do to each. */
export function UsersTable({ users }: { users: readonly ManagedUser[] }) {
  const text = words.keeper.users;
  const me = useUser();
  const away = useAwayRefusal();
  const { change, link } = useUserChanges();
  const [asked, setAsked] = useState<ManagedUser | null>(null);
  const [linkFor, setLinkFor] = useState<ManagedUser | null>(null);
  const refusal = (action: Parameters<typeof canUser>[0], user: ManagedUser) =>
    away ?? canUser(action, { isSelf: user.id === me.id, isActive: user.isActive });
  const makeLink = (user: ManagedUser) => {
    setLinkFor(user);
    link.mutate(user, { onError: () => setLinkFor(null) });
  };
  return (
    <>
      <DataTable
        label={text.title}
        rows={users}
        rowKey={({ id }) => id}
        columns={[
          {
            title: text.columns.email,
            cell: ({ email, hasPassword }) => (
              <>
                <Name>{email}</Name>
                {hasPassword && <div className="muted">{text.password}</div>}
              </>
            ),
          },
          { title: text.columns.name, cell: ({ fullName }) => <Name>{fullName}</Name> },
          {
            title: text.columns.role,
            cell: (user) => (
              <NativeSelect
                size="xs"
                miw={160}
                aria-label={text.roleOf(user.email)}
                value={user.role}
                disabled={refusal('role', user) !== null}
                title={refusal('role', user) ?? undefined}
                data={Object.entries(text.roles).map(([value, label]) => ({ value, label }))}
                onChange={(event) =>
                  change.mutate({ user, role: event.currentTarget.value as ManagedUser['role'] })
                }
              />
            ),
          },
          {
            title: text.columns.state,
            cell: ({ isActive }) => (
              <span className="nowrap">{isActive ? text.active : <strong>{text.locked}</strong>}</span>
            ),
          },
          { title: text.columns.joined, cell: ({ dateJoined }) => <Age date={dateJoined} /> },
          {
            title: text.columns.actions,
            cell: (user) => (
              <div className={styles.buttons}>
                <ActionButton
                  size="compact-sm"
                  refusal={refusal('link', user)}
                  aria-label={text.linkOf(user.email)}
                  onClick={() => makeLink(user)}
                >
                  {text.link}
                </ActionButton>
                {user.isActive ? (
                  <ActionButton
                    size="compact-sm"
                    refusal={refusal('lock', user)}
                    aria-label={text.lockOf(user.email)}
                    onClick={() => setAsked(user)}
                  >
                    {text.lock}
                  </ActionButton>
                ) : (
                  <ActionButton
                    size="compact-sm"
                    refusal={refusal('unlock', user)}
                    aria-label={text.unlockOf(user.email)}
                    onClick={() => change.mutate({ user, isActive: true })}
                  >
                    {text.unlock}
                  </ActionButton>
                )}
              </div>
            ),
          },
        ]}
      />
      {asked && (
        <Confirm
          isOpen
          title={text.lockAsk}
          action={text.lock}
          isPending={change.isPending}
          refusal={away}
          onClose={() => setAsked(null)}
          onConfirm={() =>
            change.mutate({ user: asked, isActive: false }, { onSettled: () => setAsked(null) })
          }
        >
          <p>
            <Name>{asked.email}</Name>
          </p>
          <p>{text.lockText}</p>
        </Confirm>
      )}
      {linkFor && link.data && (
        <Modal
          opened
          title={text.linkTitle}
          closeButtonProps={{ 'aria-label': words.frame.close }}
          onClose={() => {
            setLinkFor(null);
            link.reset();
          }}
        >
          <p>{text.linkText(linkFor.email)}</p>
          <pre className={styles.secret}>{link.data.url}</pre>
          <p className="muted">
            {text.linkExpires} <Moment date={link.data.dateExpires} />
          </p>
          <CopyButton variant="filled" text={link.data.url} label={text.copyLink} />
        </Modal>
      )}
    </>
  );
}
