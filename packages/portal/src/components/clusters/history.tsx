import styles from '../../ui/layout.module.css';
import { Moment } from '../../ui/time.tsx';

interface HistoryProps {
  /** Newest first, as the API has them. */
  entries: readonly { id: string; status: string; statusReason: string | null; statusDate: string }[];
}

/** What happened to a cluster or a device, oldest first. */
export function History({ entries }: HistoryProps) {
  return (
    <ol className={styles.checks}>
      {entries.toReversed().map(({ id, status, statusReason, statusDate }) => (
        <li key={id}>
          <Moment date={statusDate} /> <strong>{status}</strong>{' '}
          {statusReason !== null && <span className="muted">{statusReason}</span>}
        </li>
      ))}
    </ol>
  );
}
