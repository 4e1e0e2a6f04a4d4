import type { AgentEvent } from '@quarry/contract';

/**
 * The events behind number `applied`, each once. What an agent sends after a gap it sends again, with what was missing;
 * nobody fills a gap in the journal of one that is gone, such as a full disk may leave.
 */
export function nextInOrder(
  events: readonly AgentEvent[],
  applied: number,
  mayHaveGaps: boolean,
): AgentEvent[] {
  const fresh: AgentEvent[] = [];
  let last = applied;
  for (const event of events.toSorted((a, b) => a.seq - b.seq)) {
    if (event.seq <= last || (event.seq > last + 1 && !mayHaveGaps)) {
      continue;
    }
    fresh.push(event);
    last = event.seq;
  }
  return fresh;
}
