import { useMutation, useQuery } from '@tanstack/react-query';
import { queryClient, sessionsQuery } from '../../api/queries.ts';
import { quarry } from '../../api/sdk.ts';
import { signOut } from '../../api/sign-in.ts';
import { ActionButton } from '../../ui/action-button.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { notifyDone, notifyFailed } from '../../ui/notify.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Age, Moment } from '../../ui/time.tsx';
import { words } from '../../words/words.ts';
import { useAwayRefusal } from '../jobs/use-job-actions.ts';

/** Browsers that somebody is signed in with, and how to end that. */
export function SessionsTable() {
  const text = words.settings.sessions;
  const query = useQuery(sessionsQuery);
  const away = useAwayRefusal();
  const end = useMutation({
    mutationFn: ({ id, isCurrent }: { id: string; isCurrent: boolean }) =>
      isCurrent ? signOut() : quarry.sessions.revoke(id),
    onSuccess: () => notifyDone(text.ended),
    onError: (error) => notifyFailed(text.failed, error),
    onSettled: () => void queryClient.invalidateQueries({ queryKey: ['keys', 'sessions'] }),
  });
  return (
    <Panel title={text.title}>
      <Loaded query={query}>
        {(sessions) => (
          <DataTable
            label={text.title}
            rows={sessions}
            rowKey={({ id }) => id}
            columns={[
              {
                title: text.columns.browser,
                cell: ({ userAgent, isCurrent }) => (
                  <>
                    <span title={userAgent}>{browserOf(userAgent)}</span>
                    {isCurrent && <span className="muted"> ({text.current})</span>}
                  </>
                ),
              },
              { title: text.columns.address, cell: ({ address }) => <span className="mono">{address}</span> },
              { title: text.columns.began, cell: ({ dateCreated }) => <Age date={dateCreated} /> },
              { title: text.columns.used, cell: ({ dateLastUsed }) => <Age date={dateLastUsed} /> },
              { title: text.columns.expires, cell: ({ dateExpires }) => <Moment date={dateExpires} /> },
              {
                title: text.columns.actions,
                cell: (session) => (
                  <ActionButton
                    size="compact-sm"
                    refusal={away}
                    aria-label={text.endOf(browserOf(session.userAgent))}
                    onClick={() => end.mutate(session)}
                  >
                    {text.end}
                  </ActionButton>
                ),
              },
            ]}
          />
        )}
      </Loaded>
    </Panel>
  );
}

/** Names that browsers put into what they call themselves; most name others as well, so the order counts. */
const BROWSERS = ['Edg', 'OPR', 'Firefox', 'Chrome', 'Safari'] as const;
const SYSTEMS = ['Windows', 'Android', 'iPhone', 'iPad', 'Mac OS X', 'Linux'] as const;

function browserOf(userAgent: string): string {
  const browser = BROWSERS.find((name) => userAgent.includes(name))
    ?.replace('Edg', 'Edge')
    .replace('OPR', 'Opera');
  const system = SYSTEMS.find((name) => userAgent.includes(name));
  return [browser, system].filter((name) => name !== undefined).join(', ') || words.settings.sessions.unknown;
}
