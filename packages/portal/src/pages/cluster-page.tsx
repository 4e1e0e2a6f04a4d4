import { useMutation, useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { canCluster } from '../api/can.ts';
import { clusterQuery, statusesOfClusterQuery } from '../api/cluster-queries.ts';
import { queryClient } from '../api/queries.ts';
import { quarry } from '../api/sdk.ts';
import { ClusterFacts, ClusterJobs } from '../components/clusters/cluster-facts.tsx';
import { History } from '../components/clusters/history.tsx';
import { useAwayRefusal } from '../components/jobs/use-job-actions.ts';
import { isMissing, MissingPage } from '../components/missing-page.tsx';
import { paths } from '../paths.ts';
import { ActionButton } from '../ui/action-button.tsx';
import { Confirm } from '../ui/confirm.tsx';
import styles from '../ui/layout.module.css';
import { Link } from '../ui/link.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Name } from '../ui/name.tsx';
import { notifyDone, notifyFailed } from '../ui/notify.tsx';
import { Page } from '../ui/page.tsx';
import { Panel } from '../ui/panel.tsx';
import { formatCount } from '../words/numbers.ts';
import { words } from '../words/words.ts';

/** A cluster: what it has, what is on it, what happened to it. */
export function ClusterPage() {
  const text = words.clusters.one;
  const { clusterId } = useParams({ strict: false }) as { clusterId: string };
  const query = useQuery(clusterQuery(clusterId));
  const statuses = useQuery(statusesOfClusterQuery(clusterId));
  const away = useAwayRefusal();
  const [isAsked, setIsAsked] = useState(false);
  const marked = () => void queryClient.invalidateQueries({ queryKey: ['jobs'] });
  const name = query.data?.name ?? clusterId;
  const start = useMutation({
    mutationFn: () => quarry.clusters.start(clusterId),
    onSuccess: () => notifyDone(text.startDone(name)),
    onError: (error) => notifyFailed(text.startFailed, error),
    onSettled: marked,
  });
  const shutDown = useMutation({
    mutationFn: () => quarry.clusters.shutdown(clusterId),
    onSuccess: () => notifyDone(text.shutDownDone(name)),
    onError: (error) => notifyFailed(text.shutDownFailed, error),
    onSettled: () => {
      setIsAsked(false);
      marked();
    },
  });
  if (isMissing(query)) {
    return <MissingPage />;
  }
  const cluster = query.data;
  return (
    <Page
      title={<Name>{name}</Name>}
      documentTitle={name}
      lead={<Link to={paths.clusters()}>{text.all}</Link>}
      actions={
        cluster && (
          <>
            {cluster.isPersistent && (
              <ActionButton
                refusal={away ?? canCluster('start', cluster)}
                loading={start.isPending}
                onClick={() => start.mutate()}
              >
                {text.start}
              </ActionButton>
            )}
            <ActionButton refusal={away ?? canCluster('shut-down', cluster)} onClick={() => setIsAsked(true)}>
              {text.shutDown}
            </ActionButton>
          </>
        )
      }
    >
      <Loaded query={query}>
        {(data) => (
          <div className={styles.stack}>
            <ClusterFacts cluster={data} />
            <ClusterJobs cluster={data} />
            <Panel title={text.events}>
              <Loaded query={statuses}>{(entries) => <History entries={entries} />}</Loaded>
            </Panel>
          </div>
        )}
      </Loaded>
      {isAsked && cluster && (
        <Confirm
          isOpen
          title={text.shutDownAsk}
          action={text.shutDown}
          isPending={shutDown.isPending}
          refusal={away}
          onClose={() => setIsAsked(false)}
          onConfirm={() => shutDown.mutate()}
        >
          <p>
            <Name>{cluster.name}</Name>
          </p>
          <p>
            {cluster.jobIds.length === 0
              ? text.shutDownIdle
              : text.shutDownText(formatCount(cluster.jobIds.length))}
          </p>
        </Confirm>
      )}
    </Page>
  );
}
