import type { FileRequest, Wanted } from '@quarry/contract';
import type { RunPlace } from '../db/queries/find-runs.ts';
import type { AgentRequests, FileAnswer } from '../jobs/life/agent-requests.ts';
import { toRunId } from '../jobs/runs/attempts.ts';
import { LIMITS } from '../limits.ts';
import { Problem, tooManyOpenFiles } from '../problems.ts';
import { type FileLook, LISTED, missing, notFile, type RunFile, type RunFiles } from './run-files.ts';

type Asks = Pick<AgentRequests, 'askOfFiles'>;
type Kind = FileRequest['kind'];
/** What is wanted, but for the run. */
type Question<K extends Kind> = Omit<Wanted<Extract<FileRequest, { kind: K }>>, 'runId'>;
type Answered<K extends Kind> = FileAnswer & { head: { kind: K } };
interface OfFile {
  place: RunPlace;
  path: string;
}

/** Bytes of a file. */
interface Stretch {
  position: number;
  bytes: Uint8Array;
  /** Whether the file ended behind them when they were read. */
  isEnd: boolean;
}

/** How long a look at a file may wait for something new: then a file that nothing is written to costs few requests. */
const LOOK_WAIT_MS = 500;

/** Files of runs whose agents share no disk with this server. */
export function createAskedRunFiles(agents: Asks): RunFiles {
  return {
    async list(place) {
      const { head } = await ask(agents, { place, path: '' }, { kind: 'list', bounds: LISTED });
      const entries = head.entries.map((entry) => ({ ...entry, modifiedAt: new Date(entry.modifiedAt) }));
      return { entries, isWhole: head.isWhole };
    },
    async open(place, path) {
      const { head } = await ask(
        agents,
        { place, path },
        { kind: 'look', path, identity: null, after: null },
      );
      return new AskedFile(agents, { place, path }, head);
    },
    async isCollected(place) {
      try {
        const { head } = await ask(agents, { place, path: '' }, { kind: 'phase' });
        return head.areCommandsOver;
      } catch (error) {
        // Whatever there is to be known is in the database then.
        if (error instanceof Problem && error.code === 'cluster_ended') {
          return false;
        }
        throw error;
      }
    },
  };
}

/** The files of a run by whichever of these two sees them. */
export function createRunFiles(direct: RunFiles, asked: RunFiles): RunFiles {
  const of = ({ asked: isAsked }: RunPlace) => (isAsked === null ? direct : asked);
  return {
    list: (place) => of(place).list(place),
    open: (place, path) => of(place).open(place, path),
    isCollected: (place) => of(place).isCollected(place),
  };
}

/** A file that the agent opens when it is asked, and closes by itself. */
class AskedFile implements RunFile {
  readonly path: string;
  readonly #agents: Asks;
  readonly #of: OfFile;
  readonly #identity: string;
  /** From when it was opened, until it is asked for. */
  #look: FileLook | null;
  /** Bytes that were read ahead; forgotten when the file has changed. */
  #ahead: Stretch | null = null;
  /** Where the read before has ended. */
  #readTo = -1;

  constructor(agents: Asks, of: OfFile, { path, look }: { path: string; look: FileLook }) {
    this.#agents = agents;
    this.#of = of;
    this.path = path;
    this.#identity = look.identity;
    this.#look = look;
  }

  async look(known?: FileLook): Promise<FileLook> {
    const first = this.#look;
    this.#look = null;
    return first ?? (await this.#askAnew(known));
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    let filled = 0;
    for (let isEnd = false; !isEnd && filled < into.length; ) {
      const at = position + filled;
      const stretch = this.#keptAt(at) ?? (await this.#fetch(at, into.length - filled));
      const bytes = stretch.bytes.subarray(at - stretch.position).subarray(0, into.length - filled);
      into.set(bytes, filled);
      filled += bytes.length;
      const isLast = at + bytes.length === stretch.position + stretch.bytes.length;
      isEnd = bytes.length === 0 || (stretch.isEnd && isLast);
    }
    this.#readTo = position + filled;
    return filled;
  }

  async close(): Promise<void> {}

  #keptAt(position: number): Stretch | null {
    const kept = this.#ahead;
    // Where a file has ended there may be more by now.
    return kept !== null && position >= kept.position && position < kept.position + kept.bytes.length
      ? { ...kept, isEnd: false }
      : null;
  }

  /** Whoever reads on where the read before has ended is read ahead for, since small pieces would take as many round trips. */
  async #fetch(position: number, wanted: number): Promise<Stretch> {
    const readsOn = position === this.#readTo;
    const { head, bytes } = await ask(this.#agents, this.#of, {
      kind: 'read',
      path: this.#of.path,
      identity: this.#identity,
      position,
      bytes: readsOn ? LIMITS.agentReadBytes : Math.min(wanted, LIMITS.agentReadBytes),
    });
    const stretch = { position, bytes, isEnd: head.isEnd };
    this.#ahead = bytes.length > wanted ? stretch : null;
    return stretch;
  }

  async #askAnew(known: FileLook | undefined): Promise<FileLook> {
    const { head } = await ask(this.#agents, this.#of, {
      kind: 'look',
      path: this.#of.path,
      identity: this.#identity,
      after: known ? { sizeBytes: known.sizeBytes, stamp: known.stamp, waitMs: LOOK_WAIT_MS } : null,
    });
    if (head.look.stamp !== known?.stamp || head.look.sizeBytes !== known.sizeBytes) {
      this.#ahead = null;
    }
    return head.look;
  }
}

async function ask<K extends Kind>(
  agents: Asks,
  { place, path }: OfFile,
  question: Question<K> & { kind: K },
): Promise<Answered<K>> {
  const { clusterId, number, attempt } = place.asked!;
  const wanted = { ...question, runId: toRunId(number, attempt) } as unknown as Wanted<FileRequest>;
  const answer = await agents.askOfFiles(clusterId, wanted);
  const { head } = answer;
  if (head.kind !== 'refused') {
    return answer as Answered<K>;
  }
  switch (head.reason) {
    case 'missing':
    case 'replaced':
      throw missing(path);
    case 'not_a_file':
      throw notFile(path);
    case 'too_many_open_files':
      throw tooManyOpenFiles(new Error(head.words ?? ''));
    case 'failed':
      throw new Problem('busy', `The agent of this run cannot look at it: ${head.words}.`, {
        code: 'agent_cannot_look',
        hint: 'Ask again. If that does not help, whoever runs the cluster has to look at its disk.',
        retryAfterSeconds: 5,
      });
  }
}
