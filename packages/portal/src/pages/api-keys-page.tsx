import { Button } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { keysQuery, queryClient } from '../api/queries.ts';
import { quarry } from '../api/sdk.ts';
import { useAwayRefusal } from '../components/jobs/use-job-actions.ts';
import { NewKey } from '../components/settings/new-key.tsx';
import styles from '../components/settings/settings.module.css';
import { SettingsFrame } from '../components/settings/settings-frame.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { DataTable } from '../ui/data-table.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Name } from '../ui/name.tsx';
import { notifyDone, notifyFailed } from '../ui/notify.tsx';
import { Age, Moment } from '../ui/time.tsx';
import { words } from '../words/words.ts';

/** Keys of whoever is signed in: made, seen and revoked. */
export function ApiKeysPage() {
  const text = words.settings.keys;
  const query = useQuery(keysQuery);
  const [asked, setAsked] = useState<{ id: string; name: string } | null>(null);
  const away = useAwayRefusal();
  const revoke = useMutation({
    mutationFn: ({ id }: { id: string; name: string }) => quarry.admin.revokeKey(id),
    onSuccess: (_, { name }) => notifyDone(text.revoked(name)),
    onError: (error) => notifyFailed(text.failed, error),
    onSettled: () => {
      setAsked(null);
      void queryClient.invalidateQueries({ queryKey: ['keys'] });
    },
  });
  return (
    <SettingsFrame title={text.title} lead={text.lead}>
      <div className={styles.stack}>
        <NewKey />
        <Loaded query={query}>
          {(keys) =>
            keys.length === 0 ? (
              <EmptyState title={text.empty}>
                <p>{text.emptyText}</p>
              </EmptyState>
            ) : (
              <DataTable
                label={text.title}
                rows={keys}
                rowKey={({ id }) => id}
                columns={[
                  { title: text.columns.name, cell: ({ name }) => <Name>{name}</Name> },
                  {
                    title: text.columns.prefix,
                    cell: ({ prefix }) => <span className="mono">{prefix}…</span>,
                  },
                  { title: text.columns.created, cell: ({ dateCreated }) => <Age date={dateCreated} /> },
                  {
                    title: text.columns.used,
                    cell: ({ dateLastUsed }) => (dateLastUsed ? <Age date={dateLastUsed} /> : text.neverUsed),
                  },
                  {
                    title: text.columns.expires,
                    cell: ({ dateExpires }) => (dateExpires ? <Moment date={dateExpires} /> : text.never),
                  },
                  {
                    title: text.columns.actions,
                    cell: (key) => (
                      <Button
                        size="compact-sm"
                        aria-label={text.revokeOf(key.name)}
                        onClick={() => setAsked({ id: key.id, name: key.name })}
                      >
                        {text.revoke}
                      </Button>
                    ),
                  },
                ]}
              />
            )
          }
        </Loaded>
      </div>
      {asked && (
        <Confirm
          isOpen
          title={text.ask}
          action={text.revoke}
          isPending={revoke.isPending}
          refusal={away}
          onClose={() => setAsked(null)}
          onConfirm={() => revoke.mutate(asked)}
        >
          <p>
            <Name>{asked.name}</Name>
          </p>
          <p>{text.askText}</p>
        </Confirm>
      )}
    </SettingsFrame>
  );
}
