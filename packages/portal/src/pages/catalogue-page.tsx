import { useMutation, useQuery } from '@tanstack/react-query';
import { systemQuery } from '../api/keeper-queries.ts';
import { hardwareQuery, queryClient, softwareQuery } from '../api/queries.ts';
import { quarry } from '../api/sdk.ts';
import { AdminFrame, forAdministrators } from '../components/admin/admin-frame.tsx';
import { useAwayRefusal } from '../components/jobs/use-job-actions.ts';
import { paths } from '../paths.ts';
import { ActionButton } from '../ui/action-button.tsx';
import { DataTable } from '../ui/data-table.tsx';
import styles from '../ui/layout.module.css';
import { Link } from '../ui/link.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Name } from '../ui/name.tsx';
import { notifyDone, notifyFailed } from '../ui/notify.tsx';
import { Panel } from '../ui/panel.tsx';
import { Age } from '../ui/time.tsx';
import { formatCount } from '../words/numbers.ts';
import { words } from '../words/words.ts';

/** What is on offer, and what is wrong with the files that say so. */
export const CataloguePage = forAdministrators(() => {
  const text = words.keeper.catalogue;
  const away = useAwayRefusal();
  const query = useQuery(systemQuery);
  const types = useQuery(hardwareQuery);
  const software = useQuery(softwareQuery);
  const reread = useMutation({
    mutationFn: () => quarry.admin.rereadCatalogue(),
    onSuccess: ({ problems }) =>
      notifyDone(problems.length === 0 ? text.rereadDone : text.rereadFaults(formatCount(problems.length))),
    onError: (error) => notifyFailed(text.rereadFailed, error),
    onSettled: () => {
      void queryClient.invalidateQueries({ queryKey: systemQuery.queryKey });
      void queryClient.invalidateQueries({ queryKey: ['catalogue'] });
    },
  });
  return (
    <AdminFrame
      title={text.title}
      {...(query.data && { lead: text.lead(query.data.catalogue.directory) })}
      actions={
        <ActionButton refusal={away} loading={reread.isPending} onClick={() => reread.mutate()}>
          {text.reread}
        </ActionButton>
      }
    >
      <div className={styles.stack}>
        <Loaded query={query}>
          {({ catalogue }) => (
            <Panel title={text.problems} tone={catalogue.problems.length > 0 ? 'warning' : 'plain'}>
              {catalogue.problems.length === 0 ? (
                <p>{text.fine}</p>
              ) : (
                <>
                  <p>{text.problemsText}</p>
                  <DataTable
                    label={text.problems}
                    rows={catalogue.problems}
                    rowKey={({ file, line, field, message }) => `${file} ${line} ${field} ${message}`}
                    columns={[
                      {
                        title: text.columns.place,
                        cell: ({ file, line }) => <code>{`${file}:${line}`}</code>,
                      },
                      { title: text.columns.field, cell: ({ field }) => <code>{field}</code> },
                      { title: text.columns.message, cell: ({ message }) => message },
                    ]}
                  />
                </>
              )}
              <p className="muted">
                {text.read}: <Age date={catalogue.dateRead} />
              </p>
            </Panel>
          )}
        </Loaded>
        <Panel title={text.coreTypes}>
          <Loaded query={types}>
            {({ types: rows }) => (
              <DataTable
                label={text.coreTypes}
                rows={rows}
                rowKey={({ code }) => code}
                columns={[
                  { title: text.typeColumns.code, cell: ({ code }) => <code>{code}</code> },
                  { title: text.typeColumns.name, cell: ({ name }) => <Name>{name}</Name> },
                  { title: text.typeColumns.cores, cell: ({ cores }) => cores.join(', ') },
                  {
                    title: text.typeColumns.free,
                    isNumber: true,
                    cell: ({ freeCores }) => (freeCores === undefined ? '' : formatCount(freeCores)),
                  },
                  {
                    title: text.typeColumns.state,
                    cell: ({ isActive, unavailableReason }) =>
                      isActive ? text.available : unavailableReason,
                  },
                ]}
              />
            )}
          </Loaded>
        </Panel>
        <Panel title={text.software}>
          <Loaded query={software}>
            {(rows) => (
              <DataTable
                label={text.software}
                rows={rows}
                rowKey={({ code }) => code}
                columns={[
                  {
                    title: text.softwareColumns.code,
                    cell: ({ code }) => (
                      <Link to={paths.softwareOf(code)} className="mono">
                        {code}
                      </Link>
                    ),
                  },
                  { title: text.softwareColumns.name, cell: ({ name }) => <Name>{name}</Name> },
                  {
                    title: text.softwareColumns.versions,
                    isNumber: true,
                    cell: ({ versions }) => formatCount(versions.length),
                  },
                  { title: text.softwareColumns.state, cell: ({ versions }) => stateOf(versions) },
                ]}
              />
            )}
          </Loaded>
        </Panel>
      </div>
    </AdminFrame>
  );
});

function stateOf(versions: readonly { unavailableReason?: string | null | undefined }[]): string {
  const text = words.keeper.catalogue;
  const reasons = versions.flatMap(({ unavailableReason }) => unavailableReason ?? []);
  return reasons.length === 0 ? text.available : text.partly(formatCount(reasons.length), reasons[0]!);
}
