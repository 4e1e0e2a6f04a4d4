import type { AgentRequest, FileRequest } from '@quarry/contract';

/** Requests about files of runs. */
export const FILE_REQUESTS = [
  ...(['phase', 'list', 'look', 'read'] as const),
  ...(['take_snapshot', 'read_snapshot', 'drop_snapshot'] as const),
] satisfies readonly FileRequest['kind'][];

export function isFileRequest(request: AgentRequest): request is FileRequest {
  return (FILE_REQUESTS as readonly string[]).includes(request.kind);
}
