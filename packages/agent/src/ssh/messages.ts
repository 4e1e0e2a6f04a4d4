/** What the agent and the process that serves its SSH connections tell each other. */
import type { SessionLaunch } from '../slots/launcher.ts';

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
  | { kind: 'logged-in'; connection: number }
  | { kind: 'closed'; connection: number }
  | { kind: 'find-place'; request: number }
  | { kind: 'open'; place: Pick<Place, 'slot' | 'command'>; launch: SessionLaunch };
