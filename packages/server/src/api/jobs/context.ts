import type { Database } from '../../db/database.ts';
import type { LineIndexes } from '../../files/line-index.ts';
import type { ClusterKeeper } from '../../jobs/clusters/keeper.ts';
import type { AgentRequests } from '../../jobs/life/agent-requests.ts';
import type { Engine } from '../../jobs/life/engine.ts';
import type { JobChanges } from '../../jobs/life/job-changes.ts';
import type { Snapshots } from '../../jobs/snapshots/snapshots.ts';
import type { Leftovers } from '../../jobs/verbs/delete.ts';
import type { Domain } from '../../jobs/verbs/domain.ts';
import type { FindContext } from '../../run-files/find.ts';
import type { Follows } from '../../run-files/follow.ts';
import type { TaskRunner } from '../../tasks/runner.ts';
import type { WaitSlots } from './wait-slots.ts';

/** What the endpoints of jobs and runs are made of. */
export interface JobsContext {
  database: Database;
  engine: Engine;
  keeper: Pick<ClusterKeeper, 'look'>;
  /** What the verbs are made of, but for the queries of each call. */
  domain: Omit<Domain, 'queries'>;
  jobChanges: JobChanges;
  waitSlots: WaitSlots;
  /** Files of runs, while these execute and afterwards. */
  files: FindContext;
  /** Where the lines of outputs begin. */
  lineIndexes: LineIndexes;
  /** Those that are followed. */
  follows: Follows;
  followSlots: WaitSlots;
  /** What agents are asked for. */
  agentRequests: Pick<AgentRequests, 'ask'>;
  /** Makes what is asked for. */
  snapshots: Pick<Snapshots, 'begin'>;
  /** Whether people may log in to running jobs by SSH. */
  hasSsh: boolean;
  /** Takes over what is too much to be done at once. */
  tasks: Pick<TaskRunner, 'wake'>;
  /** Removes what nobody needs any more; to be called when the write that says so is durable. */
  clearAway: (leftovers: Leftovers) => Promise<void>;
}
