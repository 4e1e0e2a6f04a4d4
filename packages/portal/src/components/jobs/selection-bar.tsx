import { Button } from '@mantine/core';
import type { JobSummary } from '@quarry/sdk';
import { useQuery } from '@tanstack/react-query';
import { canJob } from '../../api/can.ts';
import type { JobListFilters } from '../../api/job-filters.ts';
import { stateOf } from '../../api/job-state.ts';
import { selectedJobsQuery } from '../../api/queries.ts';
import { ActionButton } from '../../ui/action-button.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Loading } from '../../ui/loading.tsx';
import { Name } from '../../ui/name.tsx';
import { formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import { CompareButton } from '../compare/compare-button.tsx';
import { countSelected, MOST_SELECTED } from './selection.ts';
import styles from './selection-bar.module.css';
import { TagDialog } from './tag-dialog.tsx';
import { type NamedJob, tellNames, useAwayRefusal, type useJobActions } from './use-job-actions.ts';
import type { JobSelection } from './use-selection.ts';

const ASKED = ['stop', 'rerun', 'delete'] as const;
/** What is asked before it is done. */
export type Asked = (typeof ASKED)[number] | 'tag';

/** A job that is selected; of one whose row was never shown only its id is known. */
interface Selected extends NamedJob {
  summary: JobSummary | null;
}

interface SelectionBarProps {
  chosen: JobSelection;
  /** Those that the filters let through: how many, and which filters. */
  matching: { count: number; filters: JobListFilters };
  asked: Asked | null;
  actions: ReturnType<typeof useJobActions>;
  onAsk: (asked: Asked | null) => void;
}

/** What can be done to the jobs that are selected; it asks first, with their number and names. */
export function SelectionBar({ chosen, matching, asked, actions, onAsk }: SelectionBarProps) {
  const away = useAwayRefusal();
  const text = words.jobs;
  const { selection } = chosen;
  // All that match are looked up when something is to be done to them: what is asked about is what it is done to.
  const all = useQuery({
    ...selectedJobsQuery(matching.filters),
    enabled: selection.isAll && asked !== null,
  });
  const count = countSelected(selection, matching.count);
  if (count === 0) {
    return null;
  }
  const jobs: Selected[] = selection.isAll
    ? (all.data ?? []).map(toSelected)
    : selection.ids.map((id) => {
        const summary = chosen.find(id);
        return summary === undefined ? { id, name: id, summary: null } : toSelected(summary);
      });
  const refusal = (action: Asked) => away ?? (selection.isAll ? null : refusalOf(action, jobs));
  const close = () => onAsk(null);
  const settled = { onSettled: close };
  return (
    <section className={styles.bar} aria-label={text.selected(formatCount(count))}>
      <strong>{text.selected(formatCount(count))}</strong>
      {!selection.isAll && matching.count > count && (
        <Button size="compact-sm" variant="subtle" onClick={chosen.selectAll}>
          {matching.count > MOST_SELECTED
            ? text.selectFirst(formatCount(MOST_SELECTED), formatCount(matching.count))
            : text.selectAll(formatCount(matching.count))}
        </Button>
      )}
      {([...ASKED.slice(0, 2), 'tag', 'delete'] as const).map((action) => (
        <ActionButton key={action} size="compact-sm" refusal={refusal(action)} onClick={() => onAsk(action)}>
          {text.actions[action]}
        </ActionButton>
      ))}
      <CompareButton ids={selection.isAll ? [] : selection.ids} />
      <Button size="compact-sm" variant="subtle" onClick={chosen.clear}>
        {text.clearSelection}
      </Button>
      {asked === 'tag' && (
        <TagDialog
          count={selection.isAll ? (all.data?.length ?? null) : jobs.length}
          isPending={actions.tag.isPending}
          refusal={away}
          onClose={close}
          onTag={(change) => actions.tag.mutate({ jobs, ...change }, settled)}
        />
      )}
      {asked !== null && asked !== 'tag' && (
        <AskAbout
          action={asked}
          jobs={possible(asked, jobs)}
          isRead={!selection.isAll || all.data !== undefined}
          error={selection.isAll ? all.error : null}
          perform={asked === 'delete' ? actions.remove : actions[asked]}
          refusal={refusal(asked)}
          onClose={close}
          onDone={(refused) => {
            onAsk(null);
            chosen.selectIds(refused);
          }}
        />
      )}
    </section>
  );
}

interface AskAboutProps {
  action: Exclude<Asked, 'tag'>;
  jobs: readonly Selected[];
  isRead: boolean;
  error: Error | null;
  perform: {
    isPending: boolean;
    mutate: ReturnType<typeof useJobActions>['remove' | 'stop' | 'rerun']['mutate'];
  };
  refusal: string | null;
  onClose: () => void;
  /** With those to which it could not be done: they stay selected. */
  onDone: (refused: string[]) => void;
}

function AskAbout({ action, jobs, isRead, error, perform, refusal, onClose, onDone }: AskAboutProps) {
  const text = words.jobs;
  return (
    <Confirm
      isOpen
      title={text.asks[action].title(formatCount(jobs.length), jobs.length === 1)}
      action={text.actions[action]}
      isPending={perform.isPending}
      refusal={refusal ?? (isRead && jobs.length === 0 ? text.nonePossible : isRead ? null : text.more)}
      onClose={onClose}
      onConfirm={() =>
        perform.mutate(jobs, {
          onSuccess: (answer) => onDone('refused' in answer ? answer.refused.map(({ id }) => id) : []),
          onError: onClose,
        })
      }
    >
      {error && <ErrorState error={error} />}
      {!isRead && !error && <Loading rows={1} height={20} />}
      <p>{text.asks[action].text}</p>
      <p className={styles.names}>
        <Name>{tellNames(jobs)}</Name>
      </p>
    </Confirm>
  );
}

const toSelected = (summary: JobSummary): Selected => ({ id: summary.id, name: summary.name, summary });

/** What is not known here, the server knows: it says of each job what cannot be done to it. */
function refusalOfOne(action: Asked, { summary }: Selected): string | null {
  if (action === 'tag' || summary === null) {
    return null;
  }
  return canJob(action, stateOf({ status: summary.jobStatus.content, outcome: summary.outcome }));
}

function possible(action: Asked, jobs: readonly Selected[]): Selected[] {
  return jobs.filter((job) => refusalOfOne(action, job) === null);
}

/** Off only when it can be done to none of them: then the reason of the first. */
function refusalOf(action: Asked, jobs: readonly Selected[]): string | null {
  return possible(action, jobs).length > 0 ? null : refusalOfOne(action, jobs[0]!);
}
