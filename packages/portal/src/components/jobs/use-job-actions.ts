import type { RefusedItem } from '@quarry/sdk';
import { useMutation } from '@tanstack/react-query';
import { useConnection } from '../../api/connection.ts';
import { queryClient } from '../../api/queries.ts';
import { quarry } from '../../api/sdk.ts';
import { notifyDone, notifyFailed, notifyRefused } from '../../ui/notify.tsx';
import { formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';

/** Of many names, and of many refusals, only the first are told. */
const NAMES_TOLD = 5;

export interface NamedJob {
  id: string;
  name: string;
}

export interface Retagging {
  jobs: readonly NamedJob[];
  add: readonly string[];
  remove: readonly string[];
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

const idsOf = (jobs: readonly NamedJob[]) => jobs.map(({ id }) => id);
const among = (jobs: readonly NamedJob[], ids: readonly string[]) => {
  const wanted = new Set(ids);
  return jobs.filter(({ id }) => wanted.has(id));
};

/** Says to which of many it could not be done, and why, in the words of the server. */
function tellRefused(title: string, jobs: readonly NamedJob[], refused: readonly RefusedItem[]): void {
  if (refused.length === 0) {
    return;
  }
  const names = new Map(jobs.map(({ id, name }) => [id, name]));
  const told = refused.slice(0, NAMES_TOLD).map(({ id, detail }) => `${names.get(id) ?? id}: ${detail}`);
  const left = refused.length - told.length;
  notifyRefused(title, left > 0 ? [...told, words.jobs.andMore(formatCount(left))] : told);
}

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
    mutationFn: (jobs: readonly NamedJob[]) => quarry.jobs.stopMany(idsOf(jobs)),
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
    mutationFn: (jobs: readonly NamedJob[]) => quarry.jobs.rerunMany(idsOf(jobs)),
    onSuccess: ({ rerun, unchanged, refused }, jobs) => {
      const runs = rerun.reduce((sum, each) => sum + each.runs, 0);
      if (runs > 0 || unchanged.length > 0) {
        notifyDone(done.rerun(formatCount(runs), runs === 1));
      }
      tellRefused(failed.rerun, jobs, refused);
    },
    onError: (error) => notifyFailed(failed.rerun, error),
    onSettled: marked,
  });
  const remove = useMutation({
    mutationFn: async (jobs: readonly NamedJob[]) => {
      const [only, ...others] = idsOf(jobs);
      if (only === undefined || others.length > 0) {
        return quarry.jobs.deleteMany(idsOf(jobs));
      }
      await quarry.jobs.delete(only);
      return { deleted: [only], unchanged: [], refused: [] };
    },
    onSuccess: ({ deleted, unchanged, refused }, jobs) => {
      const gone = among(jobs, [...deleted, ...unchanged]);
      if (gone.length > 0) {
        notifyDone(done.delete(tellNames(gone)));
      }
      tellRefused(failed.delete, jobs, refused);
    },
    onError: (error) => notifyFailed(failed.delete, error),
    onSettled: marked,
  });
  const tag = useMutation({
    mutationFn: ({ jobs, add, remove }: Retagging) => quarry.jobs.tagMany(idsOf(jobs), { add, remove }),
    onSuccess: ({ changed, unchanged, refused }, { jobs }) => {
      if (changed.length > 0 || unchanged.length > 0) {
        notifyDone(done.tag(formatCount(changed.length), changed.length === 1));
      }
      tellRefused(failed.tag, jobs, refused);
    },
    onError: (error) => notifyFailed(failed.tag, error),
    onSettled: marked,
  });
  return { submit, stop, clone, rerun, remove, tag };
}
