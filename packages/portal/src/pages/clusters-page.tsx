import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { CLUSTER_STATES, clustersQuery } from '../api/queries.ts';
import { paths } from '../paths.ts';
import { DataTable } from '../ui/data-table.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Link } from '../ui/link.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { MoreButton } from '../ui/more-button.tsx';
import { Name } from '../ui/name.tsx';
import { Page } from '../ui/page.tsx';
import { Age } from '../ui/time.tsx';
import { useSearchState } from '../ui/use-search.ts';
import { formatCount } from '../words/numbers.ts';
import { words } from '../words/words.ts';
import styles from './definition-page.module.css';

/** Clusters of jobs that somebody may see. */
export function ClustersPage() {
  const text = words.catalogue.clusters;
  const [search, change] = useSearchState();
  const state = CLUSTER_STATES.find((each) => each === search.state) ?? 'running';
  const query = useInfiniteQuery(clustersQuery(state));
  const clusters = query.data?.pages.flatMap(({ results }) => results) ?? [];
  return (
    <Page title={text.title} lead={text.lead}>
      <div className={styles.tools}>
        <fieldset className={styles.languages}>
          <legend className="visually-hidden">{text.columns.status}</legend>
          {CLUSTER_STATES.map((each) => (
            <Button
              key={each}
              size="compact-sm"
              variant={state === each ? 'light' : 'default'}
              aria-pressed={state === each}
              onClick={() => change({ state: each === 'running' ? undefined : each })}
            >
              {text.states[each]}
            </Button>
          ))}
        </fieldset>
      </div>
      <Loaded query={query}>
        {() =>
          clusters.length === 0 ? (
            <EmptyState title={text.none}>
              <p>{text.noneText}</p>
            </EmptyState>
          ) : (
            <DataTable
              label={text.title}
              rows={clusters}
              rowKey={({ id }) => id}
              columns={[
                {
                  title: text.columns.job,
                  // A persistent cluster has no job of its own.
                  cell: ({ jobId, name }) =>
                    jobId === null ? (
                      <Name>{name}</Name>
                    ) : (
                      <Link to={paths.job(jobId)}>
                        <Name>{name}</Name>
                      </Link>
                    ),
                },
                {
                  title: text.columns.id,
                  cell: ({ id }) => (
                    <Link to={paths.cluster(id)} className="mono">
                      {id}
                    </Link>
                  ),
                },
                {
                  title: text.columns.status,
                  cell: ({ status, statusReason }) => (
                    <>
                      {status} {statusReason !== null && <span className="muted">{statusReason}</span>}
                    </>
                  ),
                },
                {
                  title: text.columns.hardware,
                  cell: ({ hardware }) =>
                    text.hardware(hardware.coreType.name, formatCount(hardware.coresPerSlot)),
                },
                {
                  title: text.columns.slots,
                  isNumber: true,
                  cell: ({ slotsGranted, hardware }) => formatCount(slotsGranted ?? hardware.slots),
                },
                { title: text.columns.host, cell: ({ hostname }) => hostname ?? '' },
                { title: text.columns.since, cell: ({ statusDate }) => <Age date={statusDate} /> },
                { title: text.columns.owner, cell: ({ owner }) => <Name>{owner}</Name> },
              ]}
            />
          )
        }
      </Loaded>
      <MoreButton mt="md" query={query}>
        {text.more}
      </MoreButton>
    </Page>
  );
}
