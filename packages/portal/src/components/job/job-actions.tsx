import type { Job } from '@quarry/sdk';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { canJob, type JobAction } from '../../api/can.ts';
import type { JobState } from '../../api/job-state.ts';
import { paths } from '../../paths.ts';
import { ActionButton } from '../../ui/action-button.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { words } from '../../words/words.ts';
import { useAwayRefusal, useJobActions } from '../jobs/use-job-actions.ts';

/** What can be done to a job; what is off says why. What cannot be undone is asked once. */
export function JobActions({ job, state }: { job: Job; state: JobState }) {
  const [asked, setAsked] = useState<'stop' | 'delete' | null>(null);
  const { submit, stop, clone, rerun, remove } = useJobActions();
  const away = useAwayRefusal();
  const navigate = useNavigate();
  const { actions } = words.jobs;
  const { ask } = words.job;
  const refusal = (action: JobAction) => away ?? canJob(action, state);
  const goTo = (to: string, search = {}) => void navigate({ to, search } as never);

  return (
    <>
      {state === 'saved' && (
        <ActionButton
          variant="filled"
          refusal={refusal('submit')}
          loading={submit.isPending}
          onClick={() => submit.mutate(job)}
        >
          {actions.submit}
        </ActionButton>
      )}
      {state === 'saved' && (
        <ActionButton refusal={refusal('edit')} onClick={() => goTo(paths.jobEdit(job.id))}>
          {actions.edit}
        </ActionButton>
      )}
      <ActionButton refusal={refusal('stop')} onClick={() => setAsked('stop')}>
        {actions.stop}
      </ActionButton>
      <ActionButton
        refusal={refusal('clone')}
        loading={clone.isPending}
        onClick={() => clone.mutate(job, { onSuccess: ({ id }) => goTo(paths.job(id)) })}
      >
        {actions.clone}
      </ActionButton>
      <ActionButton refusal={away} onClick={() => goTo(paths.newJob(), { from: job.id })}>
        {actions.cloneAndEdit}
      </ActionButton>
      {canJob('rerun', state) === null && (
        <ActionButton
          refusal={refusal('rerun')}
          loading={rerun.isPending}
          onClick={() => rerun.mutate([job])}
        >
          {actions.rerun}
        </ActionButton>
      )}
      <ActionButton refusal={refusal('delete')} onClick={() => setAsked('delete')}>
        {actions.delete}
      </ActionButton>
      {asked && (
        <Confirm
          isOpen
          title={ask[asked].title}
          action={actions[asked]}
          isPending={stop.isPending || remove.isPending}
          refusal={refusal(asked)}
          onClose={() => setAsked(null)}
          onConfirm={() => {
            if (asked === 'stop') {
              stop.mutate([job], { onSettled: () => setAsked(null) });
            } else {
              remove.mutate([job], { onSettled: () => setAsked(null), onSuccess: () => goTo(paths.jobs()) });
            }
          }}
        >
          <p>{ask[asked].text}</p>
        </Confirm>
      )}
    </>
  );
}
