/** What the pages of a single cluster and of a single storage device ask for. */
import type { StorageEntry } from '@quarry/sdk';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { nextPage } from './queries.ts';
import { quarry } from './sdk.ts';

/** Clusters change without news of a job; looked at anew as long as the page is in sight. */
const CLUSTER_MS = 5000;
const COPY_MS = 2000;
const ENTRIES_PER_PAGE = 200;

export const clusterQuery = (clusterId: string) =>
  queryOptions({
    queryKey: ['jobs', 'cluster', clusterId],
    queryFn: ({ signal }) => quarry.clusters.get(clusterId, { signal }),
    refetchInterval: ({ state }) => (state.data?.status === 'Stopped' ? false : CLUSTER_MS),
  });

export const statusesOfClusterQuery = (clusterId: string) =>
  queryOptions({
    queryKey: ['jobs', 'cluster', clusterId, 'statuses'],
    queryFn: ({ signal }) => quarry.clusters.statuses(clusterId, { signal }).all(),
  });

/** Where people log in to a job; what is wrong with that is an answer, too. */
export const jobSshQuery = (jobId: string) =>
  queryOptions({
    queryKey: ['job', jobId, 'ssh'],
    queryFn: ({ signal }) => quarry.jobs.ssh(jobId, { signal }),
    refetchInterval: CLUSTER_MS,
  });

export const deviceQuery = (deviceId: string) =>
  queryOptions({
    queryKey: ['devices', 'device', deviceId],
    queryFn: ({ signal }) => quarry.storageDevices.get(deviceId, { signal }),
  });

export const statusesOfDeviceQuery = (deviceId: string) =>
  queryOptions({
    queryKey: ['devices', 'device', deviceId, 'statuses'],
    queryFn: ({ signal }) => quarry.storageDevices.statuses(deviceId, {}, { signal }).all(),
  });

export const entriesQuery = (deviceId: string, path: string) =>
  infiniteQueryOptions({
    queryKey: ['devices', 'device', deviceId, 'entries', path],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      pageParam === null
        ? quarry.storageDevices
            .entries(deviceId, { ...(path && { path }), page_size: ENTRIES_PER_PAGE }, { signal })
            .page()
        : nextPage<StorageEntry>(pageParam, signal),
    getNextPageParam: ({ next }) => next,
    staleTime: 0,
  });

/** Copies onto a device, the newest of the last ones; asked for again as long as one is under way. */
export const copiesQuery = (deviceId: string) =>
  queryOptions({
    queryKey: ['devices', 'device', deviceId, 'copies'],
    queryFn: async ({ signal }) => {
      const { results } = await quarry.tasks.list({ kind: 'copy', page_size: 50 }, { signal }).page();
      return results.filter(({ subject }) => subject.id === deviceId).slice(0, 5);
    },
    refetchInterval: ({ state }) => (state.data?.some(({ ready }) => !ready) ? COPY_MS : false),
  });
