/** One session, from the request of a client to the end of what was started for it. */

import { constants } from 'node:os';
import type { ServerChannel } from 'ssh2';
import type { SessionPipePaths } from '../../slots/launcher.ts';
import { type Agent, NoSession } from './agent.ts';
import { ControlLine } from './control-line.ts';
import { aborted, copy, withSession } from './open-session.ts';

export interface SessionRequest {
  /** Null for a shell. */
  command: string | null;
  terminal: { columns: number; rows: number } | null;
  /** Beside that of the command of the job. */
  environment: Record<string, string>;
}

export interface SessionControl {
  resize(columns: number, rows: number): void;
  /** By its name without SIG; false when it cannot be told. */
  signal(name: string): boolean;
}

/** As ssh says that there was no session at all. */
const NO_SESSION = 255;
const SIGNAL_MASK = 0x7f;
const KILLED =
  'The session was killed. That is how it ends when the command of the job does: a job of several steps takes another login while the next one is executed.';

/** Starts the session; whatever becomes of it is told through the channel. */
export function serveSession(
  agent: Agent,
  channel: ServerChannel,
  request: SessionRequest,
  gone: AbortSignal,
): SessionControl {
  const control = new ControlLine();
  // What comes before the session is up; of a window only the last size counts.
  let { terminal } = request;
  channel.on('error', () => undefined);
  carry(agent, channel, gone, () => ({ ...request, terminal }), control).catch((error: Error) => {
    const words =
      error instanceof NoSession ? error.message : `The session could not be started: ${error.message}.`;
    channel.stderr.write(`${words}\r\n`);
    leave(channel, NO_SESSION << 8);
  });
  return {
    resize(columns, rows) {
      terminal = terminal && { columns, rows };
      control.resize(columns, rows);
    },
    signal: (name) => control.signal(name),
  };
}

async function carry(
  agent: Agent,
  channel: ServerChannel,
  connectionGone: AbortSignal,
  request: () => SessionRequest,
  line: ControlLine,
): Promise<void> {
  const closing = new AbortController();
  channel.on('close', () => closing.abort());
  const gone = AbortSignal.any([closing.signal, connectionGone]);
  const place = await agent.findPlace();
  const describe = (common: { id: string; pipes: SessionPipePaths }) => {
    const { command, terminal, environment } = request();
    return {
      ...{ ...common, terminal, command, directory: place.home },
      environment: { ...place.environment, ...environment, PWD: place.home },
    };
  };
  await withSession(agent, place, describe, async ({ control, input, output, errors, left }) => {
    line.open(control);
    if (gone.aborted) {
      return;
    }
    const closed = aborted(gone);
    channel.pipe(input);
    const shown = [copy(output, channel), copy(errors, channel.stderr)];
    const status = await Promise.race([left, closed]);
    if (status !== undefined) {
      // Whoever was started in the background may still print; the client ends when they have, as with other servers.
      await Promise.race([Promise.all(shown), closed]);
      leave(channel, status);
    }
  });
}

function leave(channel: ServerChannel, status: number): void {
  const number = status & SIGNAL_MASK;
  if (number === constants.signals.SIGKILL) {
    channel.stderr.write(`${KILLED}\r\n`);
  }
  if (number === 0) {
    channel.exit((status >> 8) & 0xff);
  } else {
    const name = Object.entries(constants.signals).find(([, each]) => each === number)?.[0];
    channel.exit(name?.slice('SIG'.length) ?? 'KILL', false, '');
  }
  channel.end();
}
