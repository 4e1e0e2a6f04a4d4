import { Textarea } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { meQuery, queryClient } from '../api/queries.ts';
import { quarry } from '../api/sdk.ts';
import { setUser } from '../api/session.ts';
import { useAwayRefusal } from '../components/jobs/use-job-actions.ts';
import { NewForm } from '../components/settings/new-form.tsx';
import styles from '../components/settings/settings.module.css';
import { SettingsFrame } from '../components/settings/settings-frame.tsx';
import { ActionButton } from '../ui/action-button.tsx';
import { DataTable } from '../ui/data-table.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Name } from '../ui/name.tsx';
import { notifyDone, notifyFailed } from '../ui/notify.tsx';
import { words } from '../words/words.ts';

/** Who may log in to somebody's jobs. */
export function SshKeysPage() {
  const text = words.settings.sshKeys;
  const query = useQuery(meQuery);
  const away = useAwayRefusal();
  const remove = useMutation({
    mutationFn: (fingerprint: string) => quarry.users.updateMe({ removeSshPublicKeys: [fingerprint] }),
    onSuccess: (user) => {
      setUser(user);
      notifyDone(text.removed);
    },
    onError: (error) => notifyFailed(text.failed, error),
    onSettled: () => void queryClient.invalidateQueries({ queryKey: ['keys'] }),
  });
  return (
    <SettingsFrame title={text.title} lead={text.lead}>
      <div className={styles.stack}>
        <AddKey />
        <Loaded query={query}>
          {({ sshPublicKeys = [] }) =>
            sshPublicKeys.length === 0 ? (
              <EmptyState title={text.empty}>
                <p>{text.emptyText}</p>
              </EmptyState>
            ) : (
              <DataTable
                label={text.title}
                rows={sshPublicKeys}
                rowKey={({ fingerprint }) => fingerprint}
                columns={[
                  {
                    title: text.columns.fingerprint,
                    cell: ({ fingerprint }) => <span className="mono">{fingerprint}</span>,
                  },
                  { title: text.columns.comment, cell: ({ comment }) => <Name>{comment}</Name> },
                  {
                    title: text.columns.actions,
                    cell: ({ fingerprint, comment }) => (
                      <ActionButton
                        size="compact-sm"
                        refusal={away}
                        aria-label={text.removeOf(comment || fingerprint)}
                        onClick={() => remove.mutate(fingerprint)}
                      >
                        {text.remove}
                      </ActionButton>
                    ),
                  },
                ]}
              />
            )
          }
        </Loaded>
      </div>
    </SettingsFrame>
  );
}

function AddKey() {
  const text = words.settings.sshKeys;
  const [key, setKey] = useState('');
  const add = useMutation({
    mutationFn: () => quarry.users.updateMe({ addSshPublicKeys: [key.trim()] }),
    onSuccess: (user) => {
      setKey('');
      setUser(user);
      notifyDone(text.added);
      void queryClient.invalidateQueries({ queryKey: ['keys'] });
    },
  });
  return (
    <NewForm
      title={text.add}
      action={text.add}
      missing={key.trim() === '' ? text.missing : null}
      creation={add}
    >
      {(problem) => (
        <Textarea
          label={text.label}
          placeholder={text.placeholder}
          value={key}
          error={problem}
          rows={3}
          maxLength={16_384}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
      )}
    </NewForm>
  );
}
