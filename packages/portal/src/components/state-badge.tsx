import type { JobState } from '../api/job-state.ts';
import {
  type Icon,
  IconCircleCheck,
  IconClock,
  IconClockX,
  IconFile,
  IconHandStop,
  IconLoader,
  IconPlayerPlay,
  IconSquare,
  IconUnlink,
  IconXboxX,
} from '../ui/icons.ts';
import { words } from '../words/words.ts';
import styles from './state-badge.module.css';

const ICONS: Readonly<Record<JobState, Icon>> = {
  saved: IconFile,
  waiting: IconClock,
  starting: IconLoader,
  running: IconPlayerPlay,
  stopping: IconHandStop,
  succeeded: IconCircleCheck,
  failed: IconXboxX,
  stopped: IconSquare,
  'out-of-time': IconClockX,
  lost: IconUnlink,
};

/** A state by icon, word and colour, each enough by itself. */
export function StateBadge({ state }: { state: JobState }) {
  const StateIcon = ICONS[state];
  return (
    <span className={styles.badge} data-state={state}>
      <StateIcon size={14} aria-hidden />
      {words.jobs.states[state]}
    </span>
  );
}
