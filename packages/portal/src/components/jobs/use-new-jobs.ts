import { useEffect, useState } from 'react';
import { onNews } from '../../api/live.ts';
import { queryClient } from '../../api/queries.ts';

/** Jobs that were made since the list was read: they do not push away what somebody reads, until it is wanted. */
export function useNewJobs() {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  useEffect(
    () =>
      onNews((news) => {
        if (news.type === 'event' && news.event.verb === 'created' && news.event.job) {
          const { id } = news.event.job;
          setIds((current) => new Set([...current, id]));
        }
      }),
    [],
  );
  const show = () => {
    setIds(new Set());
    scrollTo({ top: 0 });
    void queryClient.invalidateQueries({ queryKey: ['jobs'] });
  };
  return { ids, show };
}
