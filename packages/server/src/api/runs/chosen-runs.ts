import type { Queries } from '../../db/database.ts';
import type { JobWithOwner } from '../../db/queries/find-job.ts';
import { latestRevision } from '../../db/queries/run-revisions.ts';
import { readDefinition } from '../../jobs/definition/stored.ts';
import { LIMITS } from '../../limits.ts';
import { invalidFields, tooManyRequests } from '../../problems.ts';
import {
  chooseRuns,
  impossibleConditions,
  orderOf,
  type RunChoice,
} from '../../sweeps/analysis/choose-runs.ts';
import { refuseUnknownColumns } from '../sweeps/columns.ts';
import { tableOfJob } from '../sweeps/table-of-job.ts';

const RETRY_AFTER_SECONDS = 1;

/**
 * Numbers of the runs of a job that are wanted. To find them all runs are looked at, so the latest lists are kept for their
 * further pages, for as long as no run changes.
 */
export class ChosenRuns {
  readonly #read: Queries;
  readonly #atOnce: number;
  readonly #lists = new Map<string, Promise<Uint32Array>>();
  #underWay = 0;

  constructor(read: Queries, atOnce: number = LIMITS.chosenRunListsAtOnce) {
    this.#read = read;
    this.#atOnce = atOnce;
  }

  async find(job: Pick<JobWithOwner, 'id' | 'definition'>, choice: RunChoice): Promise<Uint32Array> {
    const { revision, lastRun } = await latestRevision(this.#read, job.id);
    const key = JSON.stringify([job.id, revision, lastRun, choice]);
    const list = this.#lists.get(key) ?? this.#begin(job, choice);
    this.#lists.delete(key);
    this.#lists.set(key, list);
    if (this.#lists.size > LIMITS.chosenRunLists) {
      this.#lists.delete(this.#lists.keys().next().value!);
    }
    try {
      return await list;
    } catch (error) {
      if (this.#lists.get(key) === list) {
        this.#lists.delete(key);
      }
      throw error;
    }
  }

  /** Whoever wants a list that is being made waits for it with the others; what is bounded is how many are made. */
  async #begin(job: Pick<JobWithOwner, 'id' | 'definition'>, choice: RunChoice): Promise<Uint32Array> {
    if (this.#underWay >= this.#atOnce) {
      throw tooManyRequests(
        `${this.#underWay} lists of runs are being narrowed or ordered, the most that may.`,
        {
          retryAfterSeconds: RETRY_AFTER_SECONDS,
          hint: 'Ask again in a moment.',
        },
      );
    }
    this.#underWay += 1;
    try {
      return await this.#choose(job, choice);
    } finally {
      this.#underWay -= 1;
    }
  }

  async #choose(job: Pick<JobWithOwner, 'id' | 'definition'>, choice: RunChoice): Promise<Uint32Array> {
    const definition = readDefinition(job.definition);
    const table = await tableOfJob(this.#read, job.id, definition);
    const { where = [], ordering } = choice;
    refuseUnknownColumns(
      'where',
      where.map(({ column }) => column),
      { table, definition },
    );
    const impossible = impossibleConditions(table, where);
    if (impossible.length > 0) {
      throw invalidFields({ where: impossible });
    }
    if (ordering !== undefined) {
      refuseUnknownColumns('ordering', [orderOf(ordering).column], { table, definition });
    }
    return chooseRuns(table, choice);
  }
}
