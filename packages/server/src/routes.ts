import { agentRoutes } from './api/agent/index.ts';
import { archiveRoutes } from './api/archives/index.ts';
import { catalogRoutes } from './api/catalog/index.ts';
import { clusterRoutes } from './api/clusters/index.ts';
import { eventRoutes } from './api/events/index.ts';
import { eventsLogRoutes } from './api/events-log/index.ts';
import { fileRoutes } from './api/files/index.ts';
import { jobTemplateRoutes } from './api/job-templates/index.ts';
import type { JobsContext } from './api/jobs/context.ts';
import { jobRoutes } from './api/jobs/index.ts';
import { createFollowSlots, createWaitSlots } from './api/jobs/wait-slots.ts';
import { keyRoutes } from './api/keys/index.ts';
import { projectRoutes } from './api/projects/index.ts';
import { runRoutes } from './api/runs/index.ts';
import { serverRoutes } from './api/server/index.ts';
import { sessionRoutes } from './api/sessions/index.ts';
import { deviceRoutes } from './api/storage-devices/index.ts';
import { sweepRoutes } from './api/sweeps/index.ts';
import { taskRoutes } from './api/tasks/index.ts';
import { usageRoutes } from './api/usage/index.ts';
import { userRoutes } from './api/users/index.ts';
import type { Config } from './config/config.ts';
import { collectDeleted } from './files/lifetime.ts';
import { readBytes } from './files/open-bytes.ts';
import type { Route } from './http/route.ts';
import type { Parts } from './parts.ts';
import { portalRoutes } from './portal/routes.ts';
import { createAskedRunFiles, createRunFiles } from './run-files/asked.ts';
import { createDirectRunFiles } from './run-files/direct.ts';
import { Follows } from './run-files/follow.ts';
import type { OpenData } from './start/open-data.ts';
import { VERSION } from './version.ts';

/** Every endpoint with what it needs. */
export function routesOf(config: Config, parts: Parts, data: OpenData): Route[] {
  const { clock, database, catalog } = data;
  const { authenticator, sessions, feed, exchanges, files, tickets, uploads, starter, deliveries } = parts;
  const jobs = jobsContext(config, parts, data);
  const { waitSlots } = jobs;
  const people = {
    database,
    clock,
    authenticator,
    sessions,
    passwords: parts.passwords,
    passwordTries: parts.passwordTries,
    maxJobHours: config.maxJobHours,
  };
  return [
    ...serverRoutes(VERSION, data.memoryControl?.kind ?? 'none', config.requiresProject),
    ...userRoutes(people),
    ...keyRoutes(people),
    ...sessionRoutes(people),
    ...projectRoutes(people),
    ...usageRoutes({ database, clock, catalog: () => catalog.current }),
    ...catalogRoutes({ catalog: () => catalog.current, use: () => parts.scheduler.use() }),
    ...fileRoutes(files),
    ...archiveRoutes({ ...files, tickets }),
    ...uploads.routes,
    ...jobRoutes(jobs),
    ...jobTemplateRoutes(jobs),
    ...sweepRoutes({ database }),
    ...runRoutes(jobs),
    ...taskRoutes({ ...jobs, tasks: parts.tasks, kinds: parts.taskKinds }),
    ...clusterRoutes(jobs),
    ...deviceRoutes({
      database,
      domain: { clock, directories: parts.deviceDirectories, quotas: parts.deviceQuotas },
      sizes: parts.deviceSizes,
      room: parts.deviceRoom,
      files,
      jobs,
      ending: parts.ending,
    }),
    ...eventsLogRoutes({ database }),
    ...eventRoutes({ database, clock, feed, waitSlots }),
    ...agentRoutes({ exchanges, database, starter, deliveries }),
    ...portalRoutes(VERSION, parts.portal),
  ];
}

function jobsContext(
  config: Config,
  {
    logger,
    scheduler,
    engine,
    keeper,
    exchanges,
    jobChanges,
    clusterSite,
    keptDirectories,
    snapshots,
    tasks,
    files: { lineIndexes },
  }: Parts,
  { clock, secret, database, storage, catalog, sandbox }: OpenData,
): JobsContext {
  const runFiles = createRunFiles(createDirectRunFiles(), createAskedRunFiles(exchanges.requests));
  return {
    database,
    engine,
    keeper,
    jobChanges,
    waitSlots: createWaitSlots(),
    files: { read: database.read, storage, logger, jobChanges, runFiles },
    lineIndexes,
    follows: new Follows(),
    agentRequests: exchanges.requests,
    followSlots: createFollowSlots(),
    snapshots,
    tasks,
    hasSsh: config.ssh !== null,
    domain: {
      clock,
      secret,
      catalog: () => catalog.current,
      readAttached: (file) => readBytes({ storage, logger }, file),
      site: {
        requiresProject: config.requiresProject,
        maxJobHours: config.maxJobHours,
        defaultJobHours: config.defaultJobHours,
        clusterIdleMinutes: config.clusterIdleMinutes,
        hasSandbox: sandbox.available,
        ...clusterSite,
        grantedSlots: (wish) => scheduler.grant(wish),
      },
    },
    clearAway: async ({ unwanted, discarded }) => {
      keptDirectories.remove(discarded);
      await collectDeleted({ database, storage, clock, logger }, unwanted);
    },
  };
}
