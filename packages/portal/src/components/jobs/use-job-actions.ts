import { useMutation } from '@tanstack/react-query';
import { useConnection } from '../../api/connection.ts';
import { queryClient } from '../../api/queries.ts';
import { quarry } from '../../api/sdk.ts';
import { notifyDone, notifyFailed } from '../../ui/notify.tsx';
import { formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';

/** Of many names only the first are told. */
const NAMES_TOLD = 5;

export interface NamedJob {
  id: string;
  name: string;
}

export function tellNames(jobs: readonly NamedJob[]): string {
  const names = jobs.slice(0, NAMES_TOLD).map(({ name }) => name);
  const left = jobs.length - names.length;
  return left > 0 ? `${names.join(', ')} ${words.jobs.andMore(formatCount(left))}` : names.join(', ');
}

/** Why nothing can be done now; null while the server answers. */
export function useAwayRefusal(): string | null {
  return useConnection().isAway ? words.frame.away.actionsOff : null;
}

const marked = () => {
  void queryClient.invalidateQueries({ queryKey: ['jobs'] });
  void queryClient.invalidateQueries({ queryKey: ['job'] });
};

/** What people do to jobs; each says what has come of it. */
export function useJobActions() {
  const { done, failed } = words.jobs;
  const submit = useMutation({
    mutationFn: (job: NamedJob) => quarry.jobs.submit(job.id),
    onSuccess: (_, job) => notifyDone(done.submit(job.name)),
    onError: (error) => notifyFailed(failed.submit, error),
    onSettled: marked,
  });
  const stop = useMutation({
    mutationFn: (jobs: readonly NamedJob[]) => quarry.jobs.stopMany(jobs.map(({ id }) => id)),
    onSuccess: (_, jobs) => notifyDone(done.stop(tellNames(jobs))),
    onError: (error) => notifyFailed(failed.stop, error),
    onSettled: marked,
  });
  const clone = useMutation({
    mutationFn: (job: NamedJob) => quarry.jobs.clone(job.id),
    onSuccess: (copy) => notifyDone(done.clone(copy.name)),
    onError: (error) => notifyFailed(failed.clone, error),
    onSettled: marked,
  });
  const rerun = useMutation({
    mutationFn: (job: NamedJob) => quarry.jobs.rerun(job.id),
    onSuccess: (runs) => notifyDone(done.rerun(formatCount(runs.length))),
    onError: (error) => notifyFailed(failed.rerun, error),
    onSettled: marked,
  });
  const remove = useMutation({
    mutationFn: async (jobs: readonly NamedJob[]) => {
      for (const { id } of jobs) {
        await quarry.jobs.delete(id);
      }
    },
    onSuccess: (_, jobs) => notifyDone(done.delete(tellNames(jobs))),
    onError: (error) => notifyFailed(failed.delete, error),
    onSettled: marked,
  });
  return { submit, stop, clone, rerun, remove };
}
