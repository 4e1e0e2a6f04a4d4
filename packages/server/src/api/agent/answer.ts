import { answerAgentRequest } from '@quarry/contract';
import { route } from '../../http/route.ts';
import type { AgentRequests } from '../../jobs/life/agent-requests.ts';
import { drain } from '../files/drain.ts';
import { readAnswer } from './read-answer.ts';
import { refuseOtherCluster } from './refuse-other-cluster.ts';

export const answer = (requests: AgentRequests) =>
  route(answerAgentRequest, async (call) => {
    const { clusterId, requestId } = call.params;
    refuseOtherCluster(call.caller, clusterId);
    if (!requests.isAwaited(clusterId, requestId)) {
      await drain(call.stream);
      return;
    }
    requests.answer(clusterId, requestId, await readAnswer(call.stream));
  });
