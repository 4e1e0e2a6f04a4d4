/** What people do who have logged in: where their sessions are, and how many there may be. They happen in the launchers of slots. */
import { dirname } from 'node:path';
import { SSH_FORWARDS, SSH_SESSIONS } from '../limits.ts';
import { listensOn } from '../process/listeners.ts';
import type { CommandSlot } from '../slots/command-slot.ts';
import type { PortAddress } from '../slots/launcher.ts';
import type { FromServer, Place, ToServer, WantedPort } from './messages.ts';

const NOTHING_EXECUTES =
  'This job executes no command at the moment: its inputs are being prepared, or its outputs collected. Try again while it does.';

/** Hosts that are the job itself, with the addresses that are tried. */
const LOCAL_NAMES = new Map<string, readonly PortAddress['address'][]>([
  ['localhost', ['127.0.0.1', '::1']],
  ['127.0.0.1', ['127.0.0.1']],
  ['::1', ['::1']],
]);

export class Sessions {
  readonly #slots: readonly CommandSlot[];
  readonly #programs = new Set<string>();
  readonly #forwards = new Set<string>();

  constructor(slots: readonly CommandSlot[]) {
    this.#slots = slots;
  }

  /** Beside the command of the first slot that executes one, or of the one whose processes listen on the port. */
  findPlace(wanted: WantedPort | null): { place: Place | null; words: string } {
    const executing = this.#slots.filter((slot) => slot.executing !== null);
    if (executing.length === 0) {
      return { place: null, words: NOTHING_EXECUTES };
    }
    if (wanted === null) {
      return { place: placeIn(executing[0]!), words: '' };
    }
    const addresses = LOCAL_NAMES.get(wanted.host.toLowerCase());
    if (addresses === undefined) {
      return {
        place: null,
        words: `Connections go to localhost, in the job, and not to ${wanted.host.slice(0, 255)}.`,
      };
    }
    for (const slot of executing) {
      const { networkOf, listProcesses } = slot.executing!;
      const place = { networkOf, processes: once(listProcesses) };
      const address = addresses.find((each) => listensOn(place, each, wanted.port));
      if (address !== undefined) {
        return { place: { ...placeIn(slot), forward: { address, port: wanted.port } }, words: '' };
      }
    }
    return {
      place: null,
      words: `No process of this job listens on port ${wanted.port} of ${wanted.host}.`,
    };
  }

  /** Opens one at a place; `opener` tells its id from those of others. What becomes of it is answered. */
  open(
    { place, launch }: Extract<FromServer, { kind: 'open' }>,
    opener: string,
    tell: (message: ToServer) => void,
  ): void {
    const slot = this.#slots.find(({ number }) => number === place.slot)!;
    const id = `${opener}.${launch.id}`;
    const session = launch.id;
    const isForward = 'forward' in launch;
    const [open, most] = isForward ? [this.#forwards, SSH_FORWARDS] : [this.#programs, SSH_SESSIONS];
    const answer = (message: ToServer) => {
      if (message.kind !== 'opened') {
        open.delete(id);
      }
      tell(message);
    };
    if (open.size >= most) {
      const words = `There are ${most} ${isForward ? 'forwarded connections' : 'sessions'} in this job already: end one of them first.`;
      answer({ kind: 'refused', session, words });
      return;
    }
    open.add(id);
    try {
      slot.openSession(
        place.command,
        { ...launch, id },
        {
          opened: () => answer({ kind: 'opened', session }),
          refused: (words) => answer({ kind: 'refused', session, words: because(words) }),
          left: (status) => answer({ kind: 'left', session, status }),
        },
      );
    } catch (error) {
      answer({ kind: 'refused', session, words: because((error as Error).message) });
    }
  }
}

function placeIn(slot: CommandSlot): Place {
  const { number, workDirectory, environment } = slot.executing!;
  const { uid, gid } = slot.identity;
  return {
    ...{ slot: slot.number, command: number, pipes: slot.pipes.directory, owner: { uid, gid } },
    ...{ home: dirname(workDirectory), environment },
  };
}

function because(words: string): string {
  return `The session could not be started: ${words}.`;
}

function once<Value>(make: () => Value): () => Value {
  let made: { value: Value } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
