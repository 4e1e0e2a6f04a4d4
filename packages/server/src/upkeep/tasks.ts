import type { Authenticator } from '../access/authenticate.ts';
import type { Sessions } from '../access/sessions.ts';
import type { Uploads } from '../api/uploads/index.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../db/database.ts';
import { findLiveClusters } from '../db/queries/live-jobs.ts';
import { touchKeys } from '../db/queries/touch-keys.ts';
import type { Reserve } from '../db/reserve.ts';
import type { Deliveries } from '../deliveries/deliveries.ts';
import type { DeviceDirectories } from '../devices/directories.ts';
import type { DeviceQuotas } from '../devices/quota/quotas.ts';
import { collectBlobs, collectStrays } from '../files/lifetime.ts';
import { forgetKeys } from '../idempotency/forget-keys.ts';
import type { ClusterDirectories } from '../jobs/life/cluster-directories.ts';
import type { KeptDirectories } from '../jobs/life/kept-directories.ts';
import { LIMITS } from '../limits.ts';
import type { Logger } from '../logger.ts';
import type { Notes } from '../start/announce.ts';
import type { StartSpace } from '../start/free-space.ts';
import type { DataPaths } from '../start/paths.ts';
import type { Storage } from '../storage/storage.ts';
import type { TaskRunner } from '../tasks/runner.ts';
import { checkDatabase, type DatabaseCheck } from './check-database.ts';
import type { UpkeepTask } from './upkeep.ts';

const EVERY_SECONDS = 60;

export interface Kept {
  database: Database;
  storage: Storage;
  clock: Clock;
  uploads: Uploads;
  authenticator: Authenticator;
  sessions: Sessions;
  directories: ClusterDirectories;
  /** Of agents that work outside of the data directory; null where there are none. */
  agentDirectories: ClusterDirectories | null;
  deliveries: Deliveries;
  deviceDirectories: DeviceDirectories;
  deviceQuotas: Pick<DeviceQuotas, 'release'>;
  keptDirectories: KeptDirectories;
  logger: Logger;
  reserve: Reserve;
  startSpace: StartSpace;
  paths: DataPaths;
  /** Clusters whose agents were there before this server: what they report may be of outputs stored already. */
  inheritedClusters: ReadonlySet<string>;
  /** Notes of this server for which there was no space at its start. */
  unwrittenNotes: Notes | null;
  tasks: Pick<TaskRunner, 'tidy'>;
  /** Answers how many have begun. */
  takeDueSnapshots: () => Promise<number>;
  rememberOrigin: () => Promise<void>;
  writeExamples: () => Promise<unknown>;
}

/** Everything that is kept up in the background; first what frees space, which may use the reserve for it. */
export function upkeepTasks(kept: Kept): UpkeepTask[] {
  const { database, storage, clock, uploads, authenticator, reserve, startSpace, directories } = kept;
  const checked = Promise.withResolvers<DatabaseCheck | null>();
  const used = new Set<string>();
  let isMended = false;
  const task = (name: string, run: UpkeepTask['run'], more: Partial<UpkeepTask> = {}): UpkeepTask => ({
    name,
    everySeconds: EVERY_SECONDS,
    run,
    ...more,
  });
  /** A damaged database may not know of what is there, which is then all that is left of it. */
  const onceSound = (run: UpkeepTask['run']): UpkeepTask['run'] => {
    return async (each) => ((await checked.promise)?.problems?.length === 0 ? run(each) : 'over');
  };
  return [
    task('broken uploads', async () => {
      await storage.sweep();
      return 'over';
    }),
    task('idle uploads', async ({ fail }) => ({
      givenUp: await uploads.expire({ fail, sparesComplete: !isMended }),
    })),
    task('directories of ended clusters', ({ signal }) => directories.tidy('ended', signal)),
    ...(kept.agentDirectories === null
      ? []
      : [task('directories of ended agents', ({ signal }) => kept.agentDirectories!.tidy('ended', signal))]),
    task('deliveries of ended clusters', async () => ({ forgotten: await kept.deliveries.tidy() })),
    task('deleted storage devices', ({ signal }) => kept.deviceDirectories.tidy('deleted', signal)),
    task('projects of deleted storage devices', () => kept.deviceQuotas.release()),
    task('what was on its way to storage devices', ({ signal }) =>
      kept.deviceDirectories.removeLeftBehind(signal),
    ),
    task('directories of lost runs', async () => ({ givenUp: await kept.keptDirectories.expire() })),
    task('snapshots by schedule', async () => ({ begun: await kept.takeDueSnapshots() }), {
      everySeconds: LIMITS.snapshotScheduleSeconds,
    }),
    task('uploads that a crash left', async () => {
      await uploads.mend();
      isMended = true;
      return 'over';
    }),
    task('old idempotency keys', async () => ({ forgotten: await forgetKeys({ database, clock }) })),
    task('tasks that ended long ago', () => kept.tasks.tidy()),
    task('soundness of the database', async ({ signal }) => {
      const check = checkDatabase(kept, signal);
      checked.resolve(check);
      await check;
      return 'over';
    }),
    task(
      'bytes of no upload',
      onceSound(async () => {
        await uploads.sweep();
        return 'over';
      }),
    ),
    task(
      'directories of no cluster',
      onceSound(({ signal }) => directories.tidy('unknown', signal)),
    ),
    ...(kept.agentDirectories === null
      ? []
      : [
          task(
            'directories of unknown agents',
            onceSound(({ signal }) => kept.agentDirectories!.tidy('unknown', signal)),
          ),
        ]),
    task(
      'directories of no storage device',
      onceSound(({ signal }) => kept.deviceDirectories.tidy('unknown', signal)),
    ),
    task(
      'bytes of no file',
      onceSound(async (run) => {
        // Outputs may lie in the store whose event an agent of before has yet to repeat: until then they have no row.
        if (await anyLives(database, kept.inheritedClusters)) {
          return {};
        }
        await collectBlobs({ database, storage, clock }, run);
        await collectStrays({ database, storage, clock }, run);
        return 'over';
      }),
    ),
    task('notes of this server', async () => {
      await kept.unwrittenNotes?.write();
      return 'over';
    }),
    task('origin of the data directory', async () => {
      await kept.rememberOrigin();
      return 'over';
    }),
    task('clock of the host', tellOfSetClock(clock, kept.logger)),
    task('examples of the catalogue', async () => {
      await kept.writeExamples();
      return 'over';
    }),
    task('space set aside', async () => {
      // A start needs less: it gets its share first.
      await startSpace.restore();
      await reserve.restore();
      return {};
    }),
    // Without the reserve, which is for the ends of jobs: a time of last use can wait until there is space.
    task(
      'last use of keys',
      async () => {
        for (const key of authenticator.takeUsedKeys()) {
          used.add(key);
        }
        const keys = [...used];
        if (keys.length > 0) {
          await database.write((queries) => touchKeys(queries, keys, clock.now()));
        }
        for (const key of keys) {
          used.delete(key);
        }
        return { keys: keys.length };
      },
      { alsoAtStop: true },
    ),
    task('sessions', tidySessions(kept), { alsoAtStop: true }),
    task(
      'ends of keys',
      async () => {
        authenticator.noteExpired();
        return {};
      },
      { everySeconds: LIMITS.keyEndSeconds },
    ),
  ];
}

/** Streams that a session has open end with it, also when it was left idle. */
export function tidySessions({
  sessions,
  authenticator,
}: {
  sessions: Pick<Sessions, 'tidy'>;
  authenticator: Pick<Authenticator, 'revoked'>;
}): UpkeepTask['run'] {
  return async () => {
    const done = await sessions.tidy();
    if (done.ended > 0) {
      authenticator.revoked();
    }
    return done;
  };
}

/** A difference that is worth a word, in milliseconds. */
const SET_CLOCK_MS = 60_000;

/** Whoever sets the wall clock of a running server sees other dates than it writes, until it is started again. */
export function tellOfSetClock(clock: Clock, logger: Logger): UpkeepTask['run'] {
  let toldMs = 0;
  return async () => {
    const aheadMs = clock.aheadMs();
    if (Math.abs(aheadMs - toldMs) >= SET_CLOCK_MS) {
      toldMs = aheadMs;
      logger.warn(
        { aheadSeconds: Math.round(aheadMs / 1000) },
        'the wall clock of this host was set: the server goes on with its own time until it is started again',
      );
    }
    return {};
  };
}

async function anyLives(database: Database, clusters: ReadonlySet<string>): Promise<boolean> {
  if (clusters.size === 0) {
    return false;
  }
  return (await findLiveClusters(database.read)).some(({ clusterId }) => clusters.has(clusterId));
}
