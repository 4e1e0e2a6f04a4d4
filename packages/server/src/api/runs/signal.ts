import { signalJobRun } from '@quarry/contract';
import { route } from '../../http/route.ts';
import { processesOf, signalRun } from '../../jobs/verbs/signal-run.ts';
import type { JobsContext } from '../jobs/context.ts';

export const signal = ({ database, domain, agentRequests }: JobsContext) =>
  route(signalJobRun, async ({ caller, params, body: { signal } }) => {
    const { clusterId, request } = await database.write((queries) =>
      signalRun({ ...domain, queries }, caller, { ...params, signal }),
    );
    return { signal, processes: processesOf(await agentRequests.ask(clusterId, request)) };
  });
