import { askSshAccess, exchange } from './agent.ts';
import { getAnalysis, listAnalyses } from './analyses.ts';
import {
  createFilesArchiveTicket,
  createFileTicket,
  createJobArchiveTicket,
  downloadFilesArchive,
  downloadJobArchive,
} from './archives.ts';
import { listComputePrices } from './billing.ts';
import { createJobs, stopJobs } from './bulk.ts';
import { listCoreTypes } from './core-types.ts';
import type { EndpointDefinition } from './endpoint.ts';
import { listEvents } from './events-log.ts';
import {
  deleteFile,
  downloadFile,
  getFile,
  listFiles,
  putFile,
  readFileLines,
  updateFile,
  uploadFile,
} from './files.ts';
import {
  cloneJob,
  createJob,
  deleteJob,
  getJob,
  listClusterStatuses,
  listJobFiles,
  listJobStatuses,
  listJobs,
  replaceJob,
  stopJob,
  submitJob,
  updateJob,
  watchJob,
} from './jobs.ts';
import {
  addProjectMember,
  createProject,
  listMyProjects,
  listProjects,
  removeProjectMember,
  updateProject,
} from './projects.ts';
import {
  discardRunDirectory,
  getJobRun,
  listJobRuns,
  listRunDirectory,
  listRunFiles,
  stopJobRun,
  tailRunFile,
} from './runs.ts';
import { getApiRoot, getServerInfo } from './server-info.ts';
import { getJobSsh } from './ssh.ts';
import { getJobResponseSurface, getJobResults, getJobSensitivity, rerunJobRuns } from './sweeps.ts';
import {
  adoptKnownFiles,
  createUpload,
  deleteUpload,
  finishUpload,
  getFilePartDigests,
  getUpload,
  getUploadPartDigests,
  listUploads,
  patchUpload,
  uploadFiles,
} from './transfers.ts';
import {
  createApiKey,
  createUser,
  getCurrentUser,
  listApiKeys,
  listUsers,
  revokeApiKey,
  updateCurrentUser,
  updateUser,
} from './users.ts';

/** Every endpoint by its name, which is also its `operationId`. */
export const endpointsByName = {
  getApiRoot,
  getServerInfo,
  getCurrentUser,
  updateCurrentUser,
  listMyProjects,
  listCoreTypes,
  listAnalyses,
  getAnalysis,
  listComputePrices,
  listJobs,
  createJob,
  getJob,
  updateJob,
  replaceJob,
  deleteJob,
  submitJob,
  stopJob,
  cloneJob,
  createJobs,
  stopJobs,
  listJobStatuses,
  watchJob,
  listClusterStatuses,
  getJobSsh,
  listJobFiles,
  downloadJobArchive,
  createJobArchiveTicket,
  listJobRuns,
  getJobRun,
  stopJobRun,
  rerunJobRuns,
  getJobResults,
  getJobSensitivity,
  getJobResponseSurface,
  listRunFiles,
  listRunDirectory,
  tailRunFile,
  discardRunDirectory,
  listFiles,
  uploadFile,
  putFile,
  getFile,
  updateFile,
  deleteFile,
  downloadFile,
  createFileTicket,
  downloadFilesArchive,
  createFilesArchiveTicket,
  readFileLines,
  getFilePartDigests,
  uploadFiles,
  adoptKnownFiles,
  listUploads,
  createUpload,
  getUpload,
  patchUpload,
  deleteUpload,
  finishUpload,
  getUploadPartDigests,
  listUsers,
  createUser,
  updateUser,
  listApiKeys,
  createApiKey,
  revokeApiKey,
  listProjects,
  createProject,
  updateProject,
  addProjectMember,
  removeProjectMember,
  listEvents,
  exchange,
  askSshAccess,
} satisfies Record<string, EndpointDefinition>;
export type EndpointName = keyof typeof endpointsByName;

/** Every endpoint, for whoever must not miss one. */
export const endpoints: readonly EndpointDefinition[] = Object.values(endpointsByName);
