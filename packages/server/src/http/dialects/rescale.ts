/** Problems as the Rescale API tells them: in the shapes of Django REST framework. */
import type { Problem, ProblemKind } from '../../problems.ts';
import { HttpProblem } from '../http-problems.ts';

/** How a problem is answered. */
export interface ProblemAnswer {
  status: number;
  headers: Record<string, string>;
  body: Record<string, unknown>;
}

const STATUS: Record<Exclude<ProblemKind, 'protocol'>, number> = {
  invalid: 400,
  refused: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  gone: 410,
  too_large: 413,
  key_reused: 422,
  locked: 423,
  too_many: 429,
  damaged: 500,
  busy: 503,
  storage_full: 507,
};

/** Status, headers and body for a problem: its fields, or `detail`, `code` and `hint`. */
export function answerProblem(problem: Problem): ProblemAnswer {
  const { kind, fields, detail, code, hint } = problem;
  return {
    status: problem instanceof HttpProblem ? problem.status : STATUS[kind as keyof typeof STATUS],
    headers: headersOf(problem),
    body: fields ?? { detail, ...(code === null ? {} : { code }), ...(hint === null ? {} : { hint }) },
  };
}

function headersOf(problem: Problem): Record<string, string> {
  const headers: Record<string, string> = problem instanceof HttpProblem ? { ...problem.headers } : {};
  if (problem.kind === 'unauthenticated') {
    headers['www-authenticate'] = 'Token';
  }
  if (problem.retryAfterSeconds !== null) {
    headers['retry-after'] = String(problem.retryAfterSeconds);
  }
  return headers;
}
