/**
 * The endpoints of the Rescale REST API that public clients are known to use, by the names of the client table
 * beside this file. Which of them are served is never written here: it is asked of the contract.
 */
export interface KnownEndpoint {
  id: string;
  method: string;
  /** Below `/api/<version>/`; `{}` stands for an id, `*` for a path. */
  path: string;
  versions: readonly ('v2' | 'v3')[];
  subject: string;
}

const V2 = ['v2'] as const;
const V3 = ['v3'] as const;
const BOTH = ['v2', 'v3'] as const;

type Row = [id: string, method: string, path: string, versions: KnownEndpoint['versions']];

const SUBJECTS: Record<string, Row[]> = {
  'Root, users, projects': [
    ['U0', 'GET', '', BOTH],
    ['U1', 'GET', 'users/me/', V2],
    ['U2', 'GET', 'users/me/', V3],
    ['U3', 'GET', 'users/me/projects/', V2],
    ['U4', 'GET', 'users/me/folders/', V3],
  ],
  'Core types, software, prices': [
    ['C1', 'GET', 'coretypes/', V2],
    ['C2', 'GET', 'coretypes/', V3],
    ['A1', 'GET', 'analyses/', V2],
    ['A2', 'GET', 'analyses/{}/', V2],
    ['A3', 'GET', 'analyses/', V3],
    ['B1', 'GET', 'billing/computeprices/', V2],
  ],
  Jobs: [
    ['J1', 'GET', 'jobs/', BOTH],
    ['J2', 'POST', 'jobs/', BOTH],
    ['J3', 'GET', 'jobs/{}/', BOTH],
    ['J4', 'PATCH', 'jobs/{}/', V2],
    ['J4', 'PUT', 'jobs/{}/', V2],
    ['J5', 'DELETE', 'jobs/{}/', BOTH],
    ['J6', 'POST', 'jobs/{}/submit/', BOTH],
    ['J7', 'POST', 'jobs/{}/stop/', BOTH],
    ['J8', 'POST', 'jobs/{}/shutdown/', V2],
    ['J9', 'POST', 'jobs/{}/share/', BOTH],
    ['J10', 'GET', 'jobs/{}/statuses/', BOTH],
    ['J11', 'GET', 'jobs/{}/cluster_statuses/', V2],
    ['J12', 'GET', 'jobs/{}/files/', BOTH],
    ['J13', 'GET', 'jobs/{}/runs/', V2],
    ['J14', 'GET', 'jobs/{}/instances/', V2],
    ['J15', 'GET', 'jobs/{}/connection_details/', V2],
    ['J16', 'GET', 'jobs/{}/cluster-load-measurements/', V2],
    ['J17', 'GET', 'jobs/{}/servers/load/', V3],
    ['J18', 'GET', 'jobs/{}/clusters/', V3],
    ['J19', 'GET', 'jobs/{}/logs/', V3],
    ['J20', 'GET', 'jobs/{}/tags/', BOTH],
    ['J20', 'POST', 'jobs/{}/tags/', BOTH],
    ['J20', 'DELETE', 'jobs/{}/tags/', BOTH],
    ['J21', 'GET', 'jobs/{}/custom-fields/', BOTH],
    ['J21', 'POST', 'jobs/{}/custom-fields/', BOTH],
    ['J22', 'POST', 'jobs/{}/storage-devices/', BOTH],
    ['J23', 'POST', 'jobs/{}/comments/', V3],
  ],
  Runs: [
    ['R2', 'GET', 'jobs/{}/runs/{}/', V2],
    ['R3', 'POST', 'jobs/{}/runs/{}/stop/', V2],
    ['R4', 'POST', 'jobs/{}/runs/{}/snapshot/', V2],
    ['R5', 'GET', 'jobs/{}/runs/{}/files/', BOTH],
    ['R6', 'GET', 'jobs/{}/runs/{}/directory-contents/', V2],
    ['R7', 'GET', 'jobs/{}/runs/{}/tail/*', V2],
    ['T1', 'GET', 'tasks/{}/', BOTH],
  ],
  Files: [
    ['F1', 'GET', 'files/', BOTH],
    ['F2', 'POST', 'files/contents/', BOTH],
    ['F2', 'PUT', 'files/contents/', BOTH],
    ['F3', 'GET', 'files/{}/', BOTH],
    ['F4', 'PATCH', 'files/{}/', BOTH],
    ['F5', 'DELETE', 'files/{}/', BOTH],
    ['F6', 'GET', 'files/{}/contents/', BOTH],
    ['F7', 'GET', 'files/{}/lines/', V2],
    ['F8', 'POST', 'files/', V3],
    ['F9', 'GET', 'files/{}/tags/', V3],
    ['F9', 'POST', 'files/{}/tags/', V3],
    ['F9', 'DELETE', 'files/{}/tags/', V3],
    ['F10', 'POST', 'files/bulk/type-change/', V3],
    ['F11', 'GET', 'file-folders/', V3],
    ['F11', 'POST', 'file-folders/', V3],
    ['F11', 'POST', 'file-folders/{}/files/', V3],
    ['X1', 'POST', 'credentials/', V3],
  ],
  Folders: [
    ['D2', 'POST', 'folders/{}/', V3],
    ['D3', 'GET', 'folders/{}/contents/', V3],
    ['D4', 'DELETE', 'folders/{}/', V3],
    ['D5', 'POST', 'folders/{}/contents/archive/', V3],
    ['D6', 'GET', 'users/me/folders/trash-bin/', V3],
    ['D7', 'POST', 'users/me/folders/trash-bin/recover/', V3],
    ['D7', 'POST', 'users/me/folders/trash-bin/delete/', V3],
    ['D8', 'GET', 'meta/folders/', V3],
  ],
  'Storage devices': [
    ['S1', 'GET', 'storage-devices/', BOTH],
    ['S2', 'POST', 'storage-devices/', BOTH],
    ['S3', 'GET', 'storage-devices/{}/', BOTH],
    ['S4', 'POST', 'storage-devices/{}/submit/', BOTH],
    ['S5', 'GET', 'storage-devices/{}/statuses/', BOTH],
    ['S6', 'POST', 'storage-devices/{}/file-downloads/', BOTH],
  ],
  'Clusters and desktops': [
    ['K1', 'GET', 'clusters/', V3],
    ['K2', 'POST', 'clusters/', V3],
    ['K3', 'GET', 'clusters/{}/', V3],
    ['K4', 'POST', 'clusters/{}/start/', V3],
    ['K5', 'POST', 'clusters/{}/shutdown/', V3],
    ['K6', 'GET', 'clusters/{}/statuses/', V3],
    ['K7', 'POST', 'clusters/{}/jobs/', V3],
    ['K8', 'POST', 'clusters/{}/remote_viz_hardware_settings/password/', V2],
    ['K9', 'GET', 'remote-viz-config/', V2],
  ],
  'Automations and administration': [
    ['AU', 'GET', 'automations/', V3],
    ['O1', 'POST', 'organizations/{}/jobs/{}/project-assignment/', V2],
    ['O2', 'GET', 'organizations/{}/workspaces/{}/custom-fields/', V2],
    ['O3', 'GET', 'organizations/{}/workspaces/{}/members/', V2],
    ['O4', 'GET', 'organizations/{}/workspaces/{}/billing/', V2],
    ['O5', 'POST', 'organizations/{}/job-prioritization/', V2],
  ],
  'Software publisher': [
    ['P1', 'POST', 'installations/', V3],
    ['P1', 'GET', 'installations/{}/statuses/', V3],
    ['P2', 'POST', 'packages/', V3],
    ['P2', 'GET', 'packages/{}/statuses/', V3],
    ['P3', 'GET', 'developer-analyses/', V3],
    ['P3', 'POST', 'developer-analyses/', V3],
    ['P3', 'GET', 'developer-analyses/{}/versions/', V3],
    ['P3', 'POST', 'developer-analyses/{}/versions/', V3],
    ['P3', 'GET', 'developer-analysis-versions/{}/environment-variables/', V3],
    ['P3', 'PUT', 'developer-analysis-versions/{}/environment-variables/', V3],
  ],
};

export const knownEndpoints: KnownEndpoint[] = Object.entries(SUBJECTS).flatMap(([subject, rows]) =>
  rows.map(([id, method, path, versions]) => ({ id, method, path, versions, subject })),
);
