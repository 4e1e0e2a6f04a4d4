/** What pages of projects ask for. */
import { queryOptions } from '@tanstack/react-query';
import { quarry } from './sdk.ts';

/** All projects of somebody, those that are closed behind the others. */
export const projectsQuery = queryOptions({
  queryKey: ['projects', 'list'],
  queryFn: async ({ signal }) => {
    const lists = [false, true].map((closed) =>
      quarry.projects.list({ closed, page_size: 1000 }, { signal }).all(),
    );
    return (await Promise.all(lists)).flat();
  },
});

export const projectQuery = (projectId: string) =>
  queryOptions({
    queryKey: ['projects', 'project', projectId],
    queryFn: ({ signal }) => quarry.projects.get(projectId, { signal }),
  });

const JOBS_SHOWN = 10;

/** The newest jobs of a project that somebody may see. */
export const jobsOfProjectQuery = (projectId: string) =>
  queryOptions({
    queryKey: ['jobs', 'of-project', projectId],
    queryFn: ({ signal }) =>
      quarry.jobs.list({ project: projectId, page_size: JOBS_SHOWN }, { signal }).page(),
  });
