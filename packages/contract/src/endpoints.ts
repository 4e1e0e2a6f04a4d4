import { exchange } from './agent.ts';
import { answerAgentRequest } from './agent-requests.ts';
import { getAnalysis, listAnalyses } from './analyses.ts';
import {
  createFilesArchiveTicket,
  createFileTicket,
  createJobArchiveTask,
  createJobArchiveTicket,
  downloadFilesArchive,
  downloadJobArchive,
} from './archives.ts';
import { listComputePrices } from './billing.ts';
import { createJobs, stopJobs } from './bulk.ts';
import { deleteFiles, deleteJobs, rerunJobs, tagJobs } from './bulk-each.ts';
import { askSshAccess, describeCluster } from './cluster-file.ts';
import {
  attachJob,
  createCluster,
  getCluster,
  getConnectionDetails,
  listClusters,
  listJobClusters,
  listJobInstances,
  listStatusesOfCluster,
  shutdownCluster,
  startCluster,
} from './clusters.ts';
import { listCoreTypes } from './core-types.ts';
import { getJobCustomFields, setJobCustomFields } from './custom-fields.ts';
import { askDeliveries, deliverBytes, deliverMany } from './deliveries.ts';
import type { EndpointDefinition } from './endpoint.ts';
import { watchEvents } from './events.ts';
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
import { findInFile, findInRunFile } from './find-in-file.ts';
import { countJobs, listJobs } from './job-list.ts';
import { previewJob } from './job-preview.ts';
import { addJobTag, listJobTags, removeJobTag, removeNamedJobTag } from './job-tags.ts';
import {
  cloneJob,
  createJob,
  deleteJob,
  getJob,
  listClusterStatuses,
  listJobFiles,
  listJobStatuses,
  replaceJob,
  shutdownJob,
  stopJob,
  submitJob,
  updateJob,
  watchJob,
} from './jobs.ts';
import { getLineIndex, getRunLineIndex } from './line-index.ts';
import { askServerLoad, listJobLogs, listLoadMeasurements } from './load.ts';
import { createPasswordLink, setPassword } from './passwords.ts';
import { getPreferences, updatePreferences } from './preferences.ts';
import {
  addProjectMember,
  createProject,
  listMyProjects,
  listProjects,
  removeProjectMember,
  updateProject,
} from './projects.ts';
import { restartJob } from './restart.ts';
import {
  discardRunDirectory,
  getJobRun,
  listJobRuns,
  listRunDirectory,
  listRunFiles,
  signalJobRun,
  stopJobRun,
  tailRunFile,
} from './runs.ts';
import { getApiRoot, getServerInfo } from './server-info.ts';
import {
  createSession,
  createSignInLink,
  endSession,
  getSession,
  listSessions,
  revokeSession,
} from './sessions.ts';
import { listRunSnapshots, takeRunSnapshot } from './snapshots.ts';
import { getJobSsh } from './ssh.ts';
import {
  copyToStorage,
  createStorageCopyTask,
  deleteStorageEntry,
  listStorageEntries,
  makeStorageDirectory,
  readStorageFile,
  writeStorageFile,
} from './storage-contents.ts';
import {
  attachStorageDevice,
  createStorageDevice,
  deleteStorageDevice,
  getStorageDevice,
  listStorageDeviceStatuses,
  listStorageDevices,
  submitStorageDevice,
  updateStorageDevice,
} from './storage-devices.ts';
import {
  createJobResultsTask,
  getJobResponseSurface,
  getJobResults,
  getJobSensitivity,
  rerunJobRuns,
} from './sweeps.ts';
import { getDoctorRun, getSystem, rereadCatalogue, runDoctor } from './system.ts';
import { deleteTask, getTask, listTasks } from './tasks.ts';
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
import { getRunUsage, listJobUsage } from './usage.ts';
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
import { createFileViewTicket, viewFile } from './views.ts';

/** Every endpoint by its name, which is also its `operationId`. */
export const endpointsByName = {
  getApiRoot,
  getServerInfo,
  getCurrentUser,
  updateCurrentUser,
  getPreferences,
  updatePreferences,
  listMyProjects,
  listCoreTypes,
  listAnalyses,
  getAnalysis,
  listComputePrices,
  listJobs,
  countJobs,
  previewJob,
  createJob,
  getJob,
  updateJob,
  replaceJob,
  deleteJob,
  submitJob,
  stopJob,
  shutdownJob,
  cloneJob,
  restartJob,
  createJobs,
  stopJobs,
  deleteJobs,
  tagJobs,
  rerunJobs,
  listJobStatuses,
  watchJob,
  listClusterStatuses,
  listJobClusters,
  listJobInstances,
  getConnectionDetails,
  listClusters,
  createCluster,
  getCluster,
  listStatusesOfCluster,
  startCluster,
  shutdownCluster,
  attachJob,
  listJobTags,
  addJobTag,
  removeJobTag,
  removeNamedJobTag,
  getJobCustomFields,
  setJobCustomFields,
  getJobSsh,
  listJobFiles,
  downloadJobArchive,
  createJobArchiveTicket,
  createJobArchiveTask,
  listJobRuns,
  getJobRun,
  signalJobRun,
  stopJobRun,
  rerunJobRuns,
  getJobResults,
  createJobResultsTask,
  getJobSensitivity,
  getJobResponseSurface,
  listRunFiles,
  listRunDirectory,
  tailRunFile,
  findInRunFile,
  getRunLineIndex,
  discardRunDirectory,
  takeRunSnapshot,
  listRunSnapshots,
  listFiles,
  uploadFile,
  putFile,
  getFile,
  updateFile,
  deleteFile,
  deleteFiles,
  downloadFile,
  createFileTicket,
  viewFile,
  createFileViewTicket,
  downloadFilesArchive,
  createFilesArchiveTicket,
  readFileLines,
  findInFile,
  getLineIndex,
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
  listStorageDevices,
  createStorageDevice,
  getStorageDevice,
  updateStorageDevice,
  deleteStorageDevice,
  submitStorageDevice,
  listStorageDeviceStatuses,
  attachStorageDevice,
  listStorageEntries,
  readStorageFile,
  writeStorageFile,
  deleteStorageEntry,
  makeStorageDirectory,
  copyToStorage,
  createStorageCopyTask,
  listUsers,
  createUser,
  updateUser,
  listApiKeys,
  createApiKey,
  revokeApiKey,
  setPassword,
  createPasswordLink,
  createSession,
  getSession,
  endSession,
  createSignInLink,
  listSessions,
  revokeSession,
  listProjects,
  createProject,
  updateProject,
  addProjectMember,
  removeProjectMember,
  listEvents,
  getSystem,
  runDoctor,
  getDoctorRun,
  rereadCatalogue,
  watchEvents,
  listJobUsage,
  getRunUsage,
  listLoadMeasurements,
  askServerLoad,
  listJobLogs,
  listTasks,
  getTask,
  deleteTask,
  exchange,
  askSshAccess,
  answerAgentRequest,
  describeCluster,
  askDeliveries,
  deliverMany,
  deliverBytes,
} satisfies Record<string, EndpointDefinition>;
export type EndpointName = keyof typeof endpointsByName;

/** Every endpoint, for whoever must not miss one. */
export const endpoints: readonly EndpointDefinition[] = Object.values(endpointsByName);
