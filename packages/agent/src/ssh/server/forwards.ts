/** Connections through a login to ports that the job's own processes listen on (`ssh -L`). */
import type { ServerChannel } from 'ssh2';
import { SSH_FORWARDS_PER_CONNECTION } from '../../limits.ts';
import type { SessionPipePaths } from '../../slots/launcher.ts';
import type { WantedPort } from '../messages.ts';
import { type Agent, NoSession } from './agent.ts';
import { aborted, copy, type SessionEnds, withSession } from './open-session.ts';

export class Forwards {
  readonly #agent: Agent;
  readonly #gone: AbortSignal;
  #open = 0;

  /** `gone` says that the connection has ended. */
  constructor(agent: Agent, gone: AbortSignal) {
    this.#agent = agent;
    this.#gone = gone;
  }

  /** Never rejects: whatever is wrong is told by `reject`. */
  async take(port: WantedPort, accept: () => ServerChannel, reject: (words: string) => void): Promise<void> {
    if (this.#open >= SSH_FORWARDS_PER_CONNECTION) {
      reject(`There are ${SSH_FORWARDS_PER_CONNECTION} forwarded connections in this login: end one first.`);
      return;
    }
    this.#open += 1;
    let channel: ServerChannel | null = null;
    let closed = Promise.resolve();
    try {
      const place = await this.#agent.findPlace(port);
      const { forward } = place;
      if (forward === undefined) {
        // An agent that has been at work since before an update has started the process of after it.
        throw new NoSession('The agent of this job is of an earlier version, which forwards no connections.');
      }
      const describe = (common: { id: string; pipes: SessionPipePaths }) => ({ ...common, forward });
      await withSession(this.#agent, place, describe, async (ends) => {
        if (!this.#gone.aborted) {
          const accepted = accept();
          channel = accepted;
          closed = new Promise((resolve) => accepted.once('close', () => resolve()));
          await carry(accepted, ends, this.#gone);
        }
      });
    } catch (error) {
      if (channel === null && !this.#gone.aborted) {
        const isKnown = error instanceof NoSession;
        reject(isKnown ? error.message : `It could not be forwarded: ${(error as Error).message}.`);
      }
    } finally {
      (channel as ServerChannel | null)?.end();
      // One that the client does not close goes on counting.
      await closed;
      this.#open -= 1;
    }
  }
}

async function carry(
  channel: ServerChannel,
  { input, output, left }: SessionEnds,
  connectionGone: AbortSignal,
): Promise<void> {
  const closing = new AbortController();
  channel.on('error', () => undefined);
  channel.on('close', () => closing.abort());
  channel.pipe(input);
  const said = copy(output, channel).then(() => channel.eof());
  const ended = Promise.all([left, said]);
  await Promise.race([ended, aborted(AbortSignal.any([closing.signal, connectionGone]))]);
}
