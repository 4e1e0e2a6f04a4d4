import type { Job } from '@quarry/sdk';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { canJob } from '../../api/can.ts';
import { downloadResults } from '../../api/download.ts';
import type { JobState } from '../../api/job-state.ts';
import { queryClient } from '../../api/queries.ts';
import { quarry } from '../../api/sdk.ts';
import { useUser } from '../../api/session.ts';
import type { Document } from '../../forms/job/document.ts';
import { withinBounds } from '../../forms/job/within-bounds.ts';
import { keepFreeJob } from '../../forms/template/keep-free-job.ts';
import { paths } from '../../paths.ts';
import { ActionButton } from '../../ui/action-button.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { notifyDone, notifyFailed } from '../../ui/notify.tsx';
import { formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import { definitionOf } from '../job/definition-of.ts';
import { useAwayRefusal } from '../jobs/use-job-actions.ts';
import type { Best } from './best-run.ts';
import { boundsOfInputs } from './input-bounds.ts';
import type { Brush, Selection } from './selection.ts';
import type { Sweep } from './sweep-table.ts';

interface TakeAwayProps {
  job: Job;
  state: JobState;
  sweep: Sweep;
  selection: Selection;
  brushes: readonly Brush[];
  best: Best | null;
}

/** What leads on from the page: a file, another job, the selected runs once more. */
export function TakeAway({ job, state, sweep, selection, brushes, best }: TakeAwayProps) {
  const { take: text } = words.sweep;
  const away = useAwayRefusal();
  const navigate = useNavigate();
  const [isAsked, setIsAsked] = useState(false);
  const ended = Array.from(selection.rows).filter(
    (row) => !['waiting', 'running'].includes(sweep.states[row]!),
  );
  const rerun = useMutation({
    mutationFn: () => quarry.jobs.rerun(job.id, { runs: ended.map((row) => String(sweep.runs[row])) }),
    onSuccess: (runs) => notifyDone(text.rerunDone(formatCount(runs.length), runs.length === 1)),
    onError: (error) => notifyFailed(text.rerunFailed, error),
    onSettled: () => {
      setIsAsked(false);
      for (const name of ['jobs', 'job', 'sweep', 'sweep-analysis']) {
        void queryClient.invalidateQueries({ queryKey: [name] });
      }
    },
  });
  const userId = useUser().id;
  const isBounded = brushes.some(({ column }) => sweep.byName.get(column)?.kind === 'input');
  const narrow = () => {
    const definition = JSON.parse(JSON.stringify(definitionOf(job))) as Document;
    const names = job.jobvariables.map(({ name }) => name);
    const draft = keepFreeJob(userId, {
      ...withinBounds(definition, boundsOfInputs(sweep, brushes, names)),
      name: text.withinOf(job.name),
      clonedFrom: job.id,
    });
    void navigate({ to: paths.newJob(), search: { draft } } as never);
  };
  const [count, isOne] = [formatCount(ended.length), ended.length === 1];
  const rerunRefusal =
    away ??
    (selection.isNarrowed ? null : text.rerunAll) ??
    (ended.length === 0 ? text.rerunNone : null) ??
    canJob('rerun-runs', state);
  return (
    <>
      <ActionButton
        size="compact-sm"
        refusal={away ?? (best === null ? text.cloneNone : null)}
        onClick={() =>
          void navigate({
            to: paths.newJob(),
            search: { from: job.id, run: String(sweep.runs[best!.row]) },
          } as never)
        }
      >
        {text.clone}
      </ActionButton>
      <ActionButton size="compact-sm" refusal={isBounded ? null : text.withinNone} onClick={narrow}>
        {text.within}
      </ActionButton>
      <ActionButton size="compact-sm" refusal={rerunRefusal} onClick={() => setIsAsked(true)}>
        {text.rerun(count, isOne)}
      </ActionButton>
      {(['csv', 'parquet'] as const).map((format) => (
        <ActionButton
          key={format}
          size="compact-sm"
          refusal={away}
          onClick={() => void downloadResults(job.id, format)}
        >
          {text[format]}
        </ActionButton>
      ))}
      {isAsked && (
        <Confirm
          isOpen
          title={text.askRerun.title(count, isOne)}
          action={text.askRerun.action}
          isPending={rerun.isPending}
          refusal={rerunRefusal}
          onClose={() => setIsAsked(false)}
          onConfirm={() => rerun.mutate()}
        >
          <p>{text.askRerun.text}</p>
        </Confirm>
      )}
    </>
  );
}
