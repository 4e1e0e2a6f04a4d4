import type { Cluster } from '@quarry/sdk';
import { useQueries } from '@tanstack/react-query';
import { jobQuery } from '../../api/queries.ts';
import { paths } from '../../paths.ts';
import { Link } from '../../ui/link.tsx';
import { Name } from '../../ui/name.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Moment } from '../../ui/time.tsx';
import { formatCount, formatMoney, formatNumber } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import styles from '../settings/settings.module.css';

/** Of more jobs the number is told. */
const JOBS_SHOWN = 20;

export function ClusterFacts({ cluster }: { cluster: Cluster }) {
  const text = words.clusters.one;
  const { hardware, slotsGranted, cost, idleMinutes, dateStarted, dateStopped, waiting } = cluster;
  const why = waiting?.message ?? cluster.statusReason;
  return (
    <Panel title={text.facts}>
      <dl className={styles.facts}>
        <dt>{text.status}</dt>
        <dd>{cluster.status}</dd>
        {why !== null && (
          <>
            <dt>{text.why}</dt>
            <dd>{why}</dd>
          </>
        )}
        <dt>{text.hardware}</dt>
        <dd>
          {text.hardwareOf(
            hardware.coreType.name,
            formatCount(hardware.coresPerSlot),
            formatCount(slotsGranted ?? hardware.slots),
          )}
        </dd>
        <dt>{text.walltime}</dt>
        <dd>{text.hours(formatNumber(hardware.walltime))}</dd>
        {idleMinutes !== null && (
          <>
            <dt>{text.idle}</dt>
            <dd>{text.idleMinutes(formatNumber(idleMinutes))}</dd>
          </>
        )}
        <dt>{text.cost}</dt>
        <dd>
          {cost
            ? formatMoney(String(cost.amount), cost.currency)
            : cluster.isPersistent
              ? ''
              : text.costOfJob}
        </dd>
        {cluster.hostname !== null && (
          <>
            <dt>{text.host}</dt>
            <dd>{cluster.hostname}</dd>
          </>
        )}
        <dt>{text.owner}</dt>
        <dd>
          <Name>{cluster.owner}</Name>
        </dd>
        {dateStarted !== null && (
          <>
            <dt>{text.started}</dt>
            <dd>
              <Moment date={dateStarted} />
            </dd>
          </>
        )}
        {dateStopped !== null && (
          <>
            <dt>{text.stopped}</dt>
            <dd>
              <Moment date={dateStopped} />
            </dd>
          </>
        )}
        <dt>{text.id}</dt>
        <dd className="mono">{cluster.id}</dd>
      </dl>
    </Panel>
  );
}

export function ClusterJobs({ cluster }: { cluster: Cluster }) {
  const text = words.clusters.one;
  const ids = cluster.jobId === null ? cluster.jobIds : [cluster.jobId];
  const shown = ids.slice(0, JOBS_SHOWN);
  const jobs = useQueries({ queries: shown.map((id) => jobQuery(id)) });
  return (
    <Panel title={text.jobs}>
      {cluster.jobId !== null && <p className="muted">{text.ofJob}</p>}
      {shown.length === 0 ? (
        <p>{text.noJobs}</p>
      ) : (
        <ul>
          {shown.map((id, index) => (
            <li key={id}>
              <Link to={paths.job(id)}>
                <Name>{jobs[index]?.data?.name ?? id}</Name>
              </Link>
            </li>
          ))}
        </ul>
      )}
      {ids.length > shown.length && <p>{text.moreJobs(formatCount(ids.length - shown.length))}</p>}
      {cluster.dateStopped === null && shown.length > 0 && (
        <p>
          <Link to={paths.notebook(cluster.id)}>{text.reach}</Link>
        </p>
      )}
    </Panel>
  );
}
