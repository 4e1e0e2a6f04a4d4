import { open } from 'node:fs/promises';
import { type AgentEvent, agentEvent } from '@quarry/contract';

/** About what an agent sends in one exchange. */
const EVENTS_AT_ONCE = 500;
const CHARACTERS_AT_ONCE = 4 * 1024 * 1024;

/**
 * The events behind number `after` that an agent wrote down, some at a time, since the journal of a large sweep does
 * not fit into memory. A last line that was cut short was never sent and does not count; nor does a missing journal.
 */
export async function* readJournal(path: string, after: number): AsyncGenerator<AgentEvent[]> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') {
      return null;
    }
    throw error;
  });
  if (file === null) {
    return;
  }
  await using _ = file;
  let events: AgentEvent[] = [];
  let characters = 0;
  for await (const line of file.readLines({ autoClose: false })) {
    if (numberOf(line) <= after) {
      continue;
    }
    const event = readEvent(line);
    if (event === null) {
      break;
    }
    events.push(event);
    characters += line.length;
    if (events.length < EVENTS_AT_ONCE && characters < CHARACTERS_AT_ONCE) {
      continue;
    }
    yield events;
    events = [];
    characters = 0;
  }
  if (events.length > 0) {
    yield events;
  }
}

/** The number that a line begins with; infinite where it has to be read for that. */
function numberOf(line: string): number {
  const match = /^\{"seq":(\d{1,15}),/.exec(line);
  return match ? Number(match[1]) : Number.POSITIVE_INFINITY;
}

function readEvent(line: string): AgentEvent | null {
  try {
    return agentEvent.parse(JSON.parse(line));
  } catch {
    return null;
  }
}
