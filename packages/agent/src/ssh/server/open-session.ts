/** The two ends of what the launcher has started for somebody, from its place to its pipes. */
import type { Socket } from 'node:net';
import type { SessionLaunch, SessionPipePaths } from '../../slots/launcher.ts';
import type { Place } from '../messages.ts';
import { type Agent, NoSession } from './agent.ts';
import { SessionPipes } from './session-pipes.ts';

export interface SessionEnds {
  control: Socket;
  input: Socket;
  output: Socket;
  errors: Socket;
  /** As `waitpid` tells it. */
  left: Promise<number>;
}

/**
 * Opens a session at a place, has it served, and hangs up when that is over. Rejects with NoSession when there can be none, and with
 * what `serve` rejects with.
 */
export async function withSession(
  agent: Agent,
  place: Place,
  describe: (common: { id: string; pipes: SessionPipePaths }) => SessionLaunch,
  serve: (ends: SessionEnds) => Promise<void>,
): Promise<void> {
  const id = agent.nextSession();
  const pipes = await SessionPipes.make(id, place);
  try {
    const { left } = await agent.open(place, describe({ id, pipes: pipes.paths }));
    const { control, input } = joined(pipes);
    try {
      await serve({ control, input, output: pipes.output, errors: pipes.errors, left });
    } finally {
      // The end of this one is what hangs up.
      control.destroy();
      input.destroy();
    }
  } finally {
    pipes.close();
  }
}

function joined(pipes: SessionPipes): ReturnType<SessionPipes['joined']> {
  try {
    return pipes.joined();
  } catch (error) {
    throw new NoSession('The session ended before it had begun.', { cause: error });
  }
}

/** Resolves when the source has ended and everything of it is in the target. */
export function copy(source: Socket, target: NodeJS.WritableStream): Promise<void> {
  source.pipe(target, { end: false });
  return new Promise((resolve) => source.once('close', () => resolve()));
}

/** Resolves when it is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
    }
    signal.addEventListener('abort', () => resolve());
  });
}
