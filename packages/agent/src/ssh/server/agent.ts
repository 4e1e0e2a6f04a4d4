/** The agent, as whoever serves SSH connections talks to it. */
import type { SessionLaunch } from '../../slots/launcher.ts';
import type { FromServer, Place, RefusedLogin, ToServer, WantedPort } from '../messages.ts';

/** There can be no session now, for a reason that is for the user. */
export class NoSession extends Error {}

export interface OpenedSession {
  /** As `waitpid` tells it. */
  left: Promise<number>;
}

export class Agent {
  readonly #send: (message: FromServer) => void;
  readonly #places = new Map<number, PromiseWithResolvers<Place>>();
  readonly #sessions = new Map<
    string,
    { opened: PromiseWithResolvers<void>; left: PromiseWithResolvers<number> }
  >();
  #made = 0;

  constructor(send: (message: FromServer) => void) {
    this.#send = send;
  }

  taken(connection: number): void {
    this.#send({ kind: 'taken', connection });
  }

  loggedIn(connection: number, fingerprint: string): void {
    this.#send({ kind: 'logged-in', connection, fingerprint });
  }

  closed(connection: number, refused: RefusedLogin | null = null): void {
    this.#send({ kind: 'closed', connection, ...(refused !== null && { refused }) });
  }

  /** A name for a session that no other one has. */
  nextSession(): string {
    this.#made += 1;
    return String(this.#made);
  }

  /** Rejects with NoSession where nothing is executed, or the port is none of what is executed. */
  findPlace(port: WantedPort | null = null): Promise<Place> {
    this.#made += 1;
    const found = Promise.withResolvers<Place>();
    this.#places.set(this.#made, found);
    this.#send({ kind: 'find-place', request: this.#made, port });
    return found.promise;
  }

  /** Rejects with NoSession when it is refused; by then both ends of its pipes are open otherwise. */
  async open(place: Place, launch: SessionLaunch): Promise<OpenedSession> {
    const session = { opened: Promise.withResolvers<void>(), left: Promise.withResolvers<number>() };
    this.#sessions.set(launch.id, session);
    this.#send({ kind: 'open', place: { slot: place.slot, command: place.command }, launch });
    await session.opened.promise;
    return { left: session.left.promise };
  }

  hear(message: Exclude<ToServer, { kind: 'connection' }>): void {
    if (message.kind === 'place') {
      const found = this.#places.get(message.request);
      this.#places.delete(message.request);
      if (message.place === null) {
        found?.reject(new NoSession(message.words));
      } else {
        found?.resolve(message.place);
      }
      return;
    }
    const session = this.#sessions.get(message.session);
    switch (message.kind) {
      case 'opened':
        session?.opened.resolve();
        return;
      case 'refused':
        this.#sessions.delete(message.session);
        session?.opened.reject(new NoSession(message.words));
        return;
      case 'left':
        this.#sessions.delete(message.session);
        // One that has ended before it was opened has said why, or its run has ended meanwhile.
        session?.opened.reject(
          new NoSession('The command of the job has just ended, and the session with it.'),
        );
        session?.left.resolve(message.status);
        return;
    }
  }
}
