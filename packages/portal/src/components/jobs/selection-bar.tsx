import { Button } from '@mantine/core';
import type { JobSummary } from '@quarry/sdk';
import { canJob } from '../../api/can.ts';
import { stateOf } from '../../api/job-state.ts';
import { ActionButton } from '../../ui/action-button.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import styles from './selection-bar.module.css';
import { tellNames, useAwayRefusal, type useJobActions } from './use-job-actions.ts';

/** What is asked before it is done. */
export type Asked = 'stop' | 'delete';

interface SelectionBarProps {
  selected: ReadonlyMap<string, JobSummary>;
  asked: Asked | null;
  actions: ReturnType<typeof useJobActions>;
  onAsk: (asked: Asked | null) => void;
  onClear: () => void;
}

/** What can be done to the jobs that are selected; it asks first, with their number and names. */
export function SelectionBar({ selected, asked, actions, onAsk, onClear }: SelectionBarProps) {
  const away = useAwayRefusal();
  const text = words.jobs;
  if (selected.size === 0) {
    return null;
  }
  const jobs = [...selected.values()];
  const refusal = (action: Asked) => away ?? refusalOf(action, jobs);
  const subject = asked === null ? [] : possible(asked, jobs);
  const perform = asked === 'delete' ? actions.remove : actions.stop;
  return (
    <section className={styles.bar} aria-label={text.selected(formatCount(selected.size))}>
      <strong>{text.selected(formatCount(selected.size))}</strong>
      <ActionButton size="compact-sm" refusal={refusal('stop')} onClick={() => onAsk('stop')}>
        {text.actions.stop}
      </ActionButton>
      <ActionButton size="compact-sm" refusal={refusal('delete')} onClick={() => onAsk('delete')}>
        {text.actions.delete}
      </ActionButton>
      <Button size="compact-sm" variant="subtle" onClick={onClear}>
        {text.clearSelection}
      </Button>
      {asked && (
        <Confirm
          isOpen
          title={text.asks[asked].title(formatCount(subject.length), subject.length === 1)}
          action={text.actions[asked]}
          isPending={perform.isPending}
          refusal={refusal(asked)}
          onClose={() => onAsk(null)}
          onConfirm={() =>
            perform.mutate(subject, {
              onSettled: () => {
                onAsk(null);
                onClear();
              },
            })
          }
        >
          <p>{text.asks[asked].text}</p>
          <p className={styles.names}>
            <bdi>{tellNames(subject)}</bdi>
          </p>
        </Confirm>
      )}
    </section>
  );
}

const stateOfSummary = (job: JobSummary) => stateOf({ status: job.jobStatus.content, outcome: job.outcome });

function possible(action: Asked, jobs: readonly JobSummary[]): JobSummary[] {
  return jobs.filter((job) => canJob(action, stateOfSummary(job)) === null);
}

/** Off only when it can be done to none of them: then the reason of the first. */
function refusalOf(action: Asked, jobs: readonly JobSummary[]): string | null {
  return possible(action, jobs).length > 0 ? null : canJob(action, stateOfSummary(jobs[0]!));
}
