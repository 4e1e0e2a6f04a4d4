import { createTemplateJob } from '@quarry/contract';
import { person } from '../../access/caller.ts';
import { findJob } from '../../db/queries/find-job.ts';
import { route } from '../../http/route.ts';
import { deletedSince, once } from '../../idempotency/once.ts';
import { blaming } from '../../job-templates/blame.ts';
import { fillTemplate } from '../../job-templates/fill-template.ts';
import type { Applied } from '../../jobs/life/store.ts';
import { prepareJob, saveJob } from '../../jobs/verbs/save.ts';
import { submitJob } from '../../jobs/verbs/submit.ts';
import { Problem } from '../../problems.ts';
import { answerJob } from '../jobs/answer-job.ts';
import type { JobsContext } from '../jobs/context.ts';

/** Saves, and submits if wished, a job of a template, once for each Idempotency-Key. */
export const makeJob = (context: JobsContext) =>
  route(createTemplateJob, async (call) => {
    const { database, domain, engine } = context;
    const { caller, body } = call;
    const owner = person(caller);
    const applied: Applied[] = [];
    const { jobId, warnings } = await once({ database, clock: domain.clock }, call, async () => {
      const needs = { ...domain, queries: database.read };
      const wish = { templateId: call.params.templateId, ...body };
      const { wanted, places } = await fillTemplate(needs, caller, wish);
      const job = await blaming(places, () => prepareJob(needs, owner, { wanted }));
      return async (queries) => {
        await saveJob({ ...domain, queries }, owner, job);
        if (body.submit) {
          const planned = { ...job, definitionText: job.columns.definition };
          applied.push(await submitJob({ ...domain, queries }, caller, planned));
        }
        return { jobId: job.id, warnings: job.warnings };
      };
    });
    engine.perform(applied);
    for (const text of warnings) {
      call.warn(text);
    }
    const job = await findJob(database.read, caller, jobId).catch((error) => {
      throw error instanceof Problem && error.kind === 'not_found'
        ? deletedSince(`The job "${jobId}"`)
        : error;
    });
    return answerJob(context, call, job);
  });
