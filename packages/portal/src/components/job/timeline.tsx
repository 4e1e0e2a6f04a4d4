import { useQuery } from '@tanstack/react-query';
import { clusterStatusesQuery, statusesQuery } from '../../api/queries.ts';
import { Loaded } from '../../ui/loaded.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Moment } from '../../ui/time.tsx';
import { formatDuration } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import styles from './timeline.module.css';

/** What stands between two entries when less than this has passed would only be in the way. */
const GAP_SECONDS = 1;

interface Entry {
  id: string;
  of: 'job' | 'cluster';
  status: string;
  reason: string | null;
  date: string;
}

/** What happened to a job and to its cluster, on one line of time; stretches without news are told, not drawn. */
export function Timeline({ jobId }: { jobId: string }) {
  const { timeline } = words.job;
  const statuses = useQuery(statusesQuery(jobId));
  const clusters = useQuery(clusterStatusesQuery(jobId));
  return (
    <Panel title={timeline.title}>
      <Loaded query={statuses}>
        {(ofJob) => {
          const entries = merge(
            ofJob.map((entry) => toEntry('job', entry)),
            (clusters.data ?? []).map((entry) => toEntry('cluster', entry)),
          );
          if (entries.length === 0) {
            return <p>{timeline.empty}</p>;
          }
          return (
            <ol className={styles.entries}>
              {entries.map((entry, index) => (
                <TimelineEntry key={entry.id} entry={entry} before={entries[index - 1]} />
              ))}
            </ol>
          );
        }}
      </Loaded>
    </Panel>
  );
}

function TimelineEntry({ entry, before }: { entry: Entry; before: Entry | undefined }) {
  const { timeline } = words.job;
  const gap = before ? (Date.parse(entry.date) - Date.parse(before.date)) / 1000 : 0;
  return (
    <li className={styles.entry} data-of={entry.of}>
      <span className={styles.time}>
        <Moment date={entry.date} />
        {gap >= GAP_SECONDS && <span className={styles.gap}> {timeline.after(formatDuration(gap))}</span>}
      </span>
      <span className={styles.what}>
        <span className="muted">{timeline[entry.of]}</span> <strong>{entry.status}</strong>
        {entry.reason !== null && <span className={styles.reason}>{entry.reason}</span>}
      </span>
    </li>
  );
}

function toEntry(
  of: Entry['of'],
  entry: { id: string; status: string; statusReason: string | null; statusDate: string },
): Entry {
  const { id, status, statusReason, statusDate } = entry;
  return { id: `${of} ${id}`, of, status, reason: statusReason, date: statusDate };
}

/** Oldest first; both histories come newest first, and what has the same time stays in its order. */
function merge(ofJob: readonly Entry[], ofCluster: readonly Entry[]): Entry[] {
  return [...ofJob.toReversed(), ...ofCluster.toReversed()].sort(
    (a, b) => Date.parse(a.date) - Date.parse(b.date),
  );
}
