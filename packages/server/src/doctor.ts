/**
 * `node doctor.ts --data DIR [--read-data]` looks at a data directory and prints `{"checks": [...]}`. It only
 * reads, and may run beside the server. Exit code 1 when a check found an error.
 */
import { existsSync, statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { probeSandbox } from '@quarry/agent/sandbox';
import { CatalogError } from './catalog/catalog-error.ts';
import { inspectHost } from './catalog/host.ts';
import { loadCatalog } from './catalog/load-catalog.ts';
import { howToRestore, meansDamaged } from './db/damage.ts';
import { DatabaseNewerError, findUnknown, isBehind } from './db/migrate.ts';
import { type DatabaseForReading, openForReading } from './db/open.ts';
import { readWriter } from './db/written-by.ts';
import { type Check, failed, ok, warning } from './doctor/check.ts';
import { checkDamaged, lastCheck } from './doctor/check-database.ts';
import { checkDevices } from './doctor/check-devices.ts';
import { checkBytes, checkFiles } from './doctor/check-files.ts';
import { checkJobs, checkKeptClusters } from './doctor/check-jobs.ts';
import { checkLostRuns } from './doctor/check-lost-runs.ts';
import { checkUploads } from './doctor/check-uploads.ts';
import { LIMITS } from './limits.ts';
import { whoElseMayChange } from './own-path.ts';
import { pathsOf } from './start/paths.ts';
import { lostDatabase } from './start/refuse-lost-database.ts';
import { openStorage } from './storage/registry.ts';
import { VERSION } from './version.ts';

const { values } = parseArgs({
  options: { data: { type: 'string' }, 'read-data': { type: 'boolean', default: false } },
});

const checks = values.data
  ? await examine(values.data, values['read-data'])
  : [failed('data directory', 'No data directory was named.', 'Give --data DIR.')];
process.stdout.write(`${JSON.stringify({ checks })}\n`);
process.exitCode = checks.some((check) => check.status === 'error') ? 1 : 0;

async function examine(data: string, readData: boolean): Promise<Check[]> {
  const paths = pathsOf(data);
  const lost = lostDatabase(paths);
  if (lost !== null) {
    return [failed('database', `${paths.database} is lost: ${lost}.`, howToRestore(paths.database))];
  }
  if (!existsSync(paths.database)) {
    return [
      failed(
        'data directory',
        `There is no platform in ${data}.`,
        'Name the directory that "quarry serve" uses.',
      ),
    ];
  }
  const found = [checkPermissions(data), await checkSandbox(data), await checkCatalog(paths.catalog)];
  const opened = openUnlessDamaged(paths.database);
  if (Array.isArray(opened)) {
    return [...found, ...(await checkDamaged(paths, opened))];
  }
  await using database = opened;
  const structure = database.check();
  if (structure.length > 0) {
    return [...found, ...(await checkDamaged(paths, structure))];
  }
  const unknown = await findUnknown(database.read);
  if (unknown.length > 0) {
    const { message } = new DatabaseNewerError(unknown, await readWriter(database.read), VERSION);
    return [...found, failed('database', `sound. ${message}`, 'Use the doctor of that version.')];
  }
  if (await isBehind(database.read)) {
    const message = 'sound, and of an earlier version of Quarry; what is in it was not looked at';
    return [...found, warning('database', message, 'Start the server of this version once, then ask again.')];
  }
  found.push(
    ok('database', `sound${await lastCheck(paths.databaseCheck)}`),
    await checkJobs(database.read),
    ...(await checkKeptClusters(database.read)),
    ...(await checkLostRuns(database.read)),
    ...(await checkDevices(database.read, paths.devices)),
  );
  const storage = await openStorage({ kind: 'fs', directory: data });
  try {
    found.push(...(await checkFiles(database.read, storage)));
    found.push(...(await checkUploads(database.read, storage)));
    if (readData) {
      found.push(await checkBytes(database.read, storage));
    }
    const free = await storage.freeBytes();
    if (free !== null && free < LIMITS.lowSpaceBytes) {
      found.push(
        warning(
          'space',
          `Only ${Math.round(free / 1024 ** 2)} MiB are free.`,
          'Delete jobs and files, or add space.',
        ),
      );
    } else if (free !== null) {
      found.push(ok('space', `${Math.round(free / 1024 ** 3)} GiB free`));
    }
  } finally {
    await storage.close();
  }
  return found;
}

/** What is wrong with the database where it cannot even be opened. */
function openUnlessDamaged(path: string): DatabaseForReading | string[] {
  try {
    return openForReading(path);
  } catch (error) {
    if (!meansDamaged(error)) {
      throw error;
    }
    return [(error as Error).message];
  }
}

function checkPermissions(data: string): Check {
  const { uid, mode } = statSync(data);
  const others = whoElseMayChange(data, uid);
  if (others !== null) {
    return warning(
      'data directory',
      `Others can replace what is in ${data}: ${others}.`,
      'Give it to the user who runs the server alone (chown, chmod go-w), and what lies above it to root.',
    );
  }
  if ((mode & 0o077) === 0) {
    return ok('data directory', `${data}, readable by its owner only`);
  }
  return warning(
    'data directory',
    `${data} is open to other users (mode ${(mode & 0o777).toString(8)}).`,
    `Run: chmod 700 ${data}`,
  );
}

/** A server that runs keeps its last good catalogue, so a mistake shows only at the next start. */
async function checkCatalog(directory: string): Promise<Check> {
  try {
    const { coreTypes, analyses } = await loadCatalog({ directory, host: inspectHost() });
    return ok(
      'catalogue',
      `${coreTypes.length} core types, ${analyses.length} analyses of the site and built in`,
    );
  } catch (error) {
    if (!(error instanceof CatalogError)) {
      throw error;
    }
    return failed(
      'catalogue',
      error.message,
      'Mend the file; a server that runs takes it over, one that starts refuses to.',
    );
  }
}

async function checkSandbox(data: string): Promise<Check> {
  const probe = await probeSandbox({ hiddenPaths: [data] });
  if (probe.isStaying && probe.sharesAbstractSockets) {
    return warning(
      'sandbox',
      'Commands see neither the data directory nor other jobs, but with this kernel they reach each other by abstract sockets, and may hand on what they have opened.',
      'Use Linux 6.12 or later with Landlock, or set sandbox_network = "none" where jobs need no network.',
    );
  }
  if (probe.isStaying) {
    return ok('sandbox', 'bubblewrap works: commands see neither the data directory nor other jobs');
  }
  if (probe.available) {
    return warning(
      'sandbox',
      `Commands run in a sandbox, but short ones take longer than they need to. ${probe.reason}`,
      'Permit user namespaces to the user of the server where you can.',
    );
  }
  return warning(
    'sandbox',
    `Commands run without a sandbox and can read what this user can read. ${probe.reason}`,
    'Install bubblewrap, or serve only users whom you trust.',
  );
}
