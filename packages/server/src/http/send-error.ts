import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '../logger.ts';
import { meansStorageFull, Problem, storageFull } from '../problems.ts';
import { answerProblem, type ProblemAnswer } from './dialects/rescale.ts';
import { everyAnswer } from './every-answer.ts';
import { HttpProblem } from './http-problems.ts';

/** Answers a failure: a refusal in its own words, everything else as a bug that the log explains. */
export function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply, logger: Logger) {
  reply.headers(everyAnswer(request));
  const problem = toProblem(error);
  if (problem) {
    const answer = answerProblem(problem);
    reply.code(answer.status).header('cache-control', 'no-store').headers(answer.headers);
    return reply
      .header('content-type', 'application/json; charset=utf-8')
      .send(JSON.stringify(bodyOf(answer, request)));
  }
  // Whose client has gone stopped working for it; nobody reads this answer, and nothing is wrong.
  if (reply.raw.destroyed && isOfConnection(error)) {
    return reply.code(500).send();
  }
  logger.error(
    { err: error, method: request.method, route: request.endpoint?.path, request: request.id },
    'request failed',
  );
  return reply
    .code(500)
    .header('content-type', 'application/json; charset=utf-8')
    .send(
      JSON.stringify({
        detail: 'The platform made a mistake; nothing more was changed.',
        code: 'internal_error',
        hint: `Whoever runs the platform finds the cause in its log under request ${request.id}.`,
        requestId: request.id,
      }),
    );
}

/** What is the platform's fault is reported to whoever runs it, who asks for the id that the log has. */
function bodyOf({ status, body }: ProblemAnswer, { id }: FastifyRequest): Record<string, unknown> {
  return status >= 500 && typeof body.detail === 'string' ? { ...body, requestId: id } : body;
}

/** An abort of ours, or what Node says of a body that ends in the middle. */
function isOfConnection(error: unknown): boolean {
  const { name, code } = error as NodeJS.ErrnoException;
  return name === 'AbortError' || code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE';
}

function toProblem(error: unknown): Problem | null {
  if (error instanceof Problem) {
    return error;
  }
  if (meansStorageFull(error)) {
    return storageFull(error);
  }
  const { statusCode, message } = error as { statusCode?: number; message?: string };
  // Fastify's own complaints about a request: a path that cannot be decoded is the only one that can be had here.
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    const hint = 'Check the address: a percent sign stands before two hexadecimal digits of UTF-8.';
    return new HttpProblem(statusCode, message ?? '', { code: 'bad_request', hint });
  }
  return null;
}
