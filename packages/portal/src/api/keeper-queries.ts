/** What pages of whoever keeps the platform ask for. */
import type { LoggedEvent, ManagedProject, ManagedUser } from '@quarry/sdk';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { nextPage } from './queries.ts';
import { quarry } from './sdk.ts';

/** Numbers of the server hold for as long. */
const SYSTEM_MS = 5000;
const DOCTOR_MS = 1000;
const PER_PAGE = 100;

/** Looked at anew as long as the page is in sight, and sooner while the doctor is looking. */
export const systemQuery = queryOptions({
  queryKey: ['system'],
  queryFn: ({ signal }) => quarry.admin.system({ signal }),
  staleTime: 0,
  refetchInterval: ({ state }) => (state.data?.doctor?.state === 'running' ? DOCTOR_MS : SYSTEM_MS),
});

export interface EventFilters {
  actor?: string;
  subject?: string;
  verb?: LoggedEvent['verb'];
  since?: string;
  until?: string;
}

export const loggedEventsQuery = (filters: EventFilters) =>
  infiniteQueryOptions({
    queryKey: ['events-log', filters],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      pageParam === null
        ? quarry.admin.listEvents({ ...(filters as object), page_size: PER_PAGE }, { signal }).page()
        : nextPage<LoggedEvent>(pageParam, signal),
    getNextPageParam: ({ next }) => next,
    staleTime: 0,
  });

export const usersQuery = (search: string) =>
  infiniteQueryOptions({
    queryKey: ['users', search],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      pageParam === null
        ? quarry.admin.listUsers({ ...(search && { search }), page_size: PER_PAGE }, { signal }).page()
        : nextPage<ManagedUser>(pageParam, signal),
    getNextPageParam: ({ next }) => next,
  });

export const managedProjectsQuery = (search: string) =>
  infiniteQueryOptions({
    queryKey: ['managed-projects', search],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      pageParam === null
        ? quarry.admin.listProjects({ ...(search && { search }), page_size: PER_PAGE }, { signal }).page()
        : nextPage<ManagedProject>(pageParam, signal),
    getNextPageParam: ({ next }) => next,
  });
