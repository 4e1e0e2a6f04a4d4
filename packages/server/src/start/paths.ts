import { join } from 'node:path';

/** Paths inside a data directory. */
export function pathsOf(data: string) {
  return {
    data,
    database: join(data, 'quarry.db'),
    lock: join(data, 'lock'),
    reserve: join(data, 'reserve'),
    startReserve: join(data, 'reserve-start'),
    secret: join(data, 'secret'),
    ownerKey: join(data, 'owner.key'),
    serverFile: join(data, 'server.json'),
    origin: join(data, 'origin'),
    clusters: join(data, 'clusters'),
    devices: join(data, 'devices'),
    snapshots: join(data, 'snapshots'),
    catalog: join(data, 'catalog'),
    doctorRun: join(data, 'doctor-run.json'),
    databaseCheck: join(data, 'database-check.json'),
    cache: join(data, 'cache'),
    compileCache: join(data, 'cache', 'compile'),
  };
}

export type DataPaths = ReturnType<typeof pathsOf>;
