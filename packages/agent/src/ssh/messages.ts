/** What the agent and the process that serves its SSH connections tell each other. */
import type { PortAddress, SessionLaunch } from '../slots/launcher.ts';

/** Where a session would be: beside the command that a slot executes now. */
export interface Place {
  slot: number;
  /** Number of the command in the slot. */
  command: number;
  /** A directory that the session sees under the same path, for its pipes. */
  pipes: string;
  owner: { uid: number; gid: number };
  home: string;
  environment: Record<string, string>;
  /** What to connect to, where that was asked for. */
  forward?: PortAddress;
}

/** A port as a client names it. */
export interface WantedPort {
  host: string;
  port: number;
}

export interface RefusedLogin {
  refusal: 'key' | 'user';
  /** Of the key that was tried last; null without one. */
  fingerprint: string | null;
}

export type ToServer =
  /** With a socket. */
  | { kind: 'connection'; connection: number; keys: string[] }
  | { kind: 'place'; request: number; place: Place | null; words: string }
  | { kind: 'opened'; session: string }
  | { kind: 'refused'; session: string; words: string }
  /** As `waitpid` tells it. */
  | { kind: 'left'; session: string; status: number };

export type FromServer =
  /** The socket is there; until then it is ours. */
  | { kind: 'taken'; connection: number }
  | { kind: 'logged-in'; connection: number; fingerprint: string }
  /** `refused` when somebody had tried and was not let in. */
  | { kind: 'closed'; connection: number; refused?: RefusedLogin }
  | { kind: 'find-place'; request: number; port: WantedPort | null }
  | { kind: 'open'; place: Pick<Place, 'slot' | 'command'>; launch: SessionLaunch };
