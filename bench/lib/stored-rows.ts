/** Rows as years of use would leave them, in a database that a server then starts on. */
import type { Instant } from '../../packages/server/src/clock.ts';
import { openSqliteFile } from '../../packages/server/src/db/sqlite.ts';
import type { Bit, Tables } from '../../packages/server/src/db/tables.ts';

const HISTORY = [
  'Pending',
  'Queued',
  'Waiting for Cluster',
  'Started',
  'Validated',
  'Executing',
  'Completed',
];
const CLUSTER_HISTORY = ['Not Started', 'Starting', 'Started', 'Stop Requested', 'Stopping', 'Stopped'];
const FIRST_DATE = Date.UTC(2026, 0, 1);
const FILES_PER_JOB = 10;

export interface Stored {
  jobs: number;
  files: number;
}

/**
 * Adds ended jobs with their histories, clusters, runs and input, and files, to a database that a server has made.
 * Columns of a job that say nothing about sizes are taken from the template, a job that this server ran.
 */
export function storeRows(path: string, templateJobId: string, { jobs, files }: Stored): void {
  const database = openSqliteFile(path, 'write');
  try {
    const template = database
      .prepare('SELECT * FROM jobs WHERE id = ?')
      .get(templateJobId) as unknown as Tables['jobs'];
    const ownerId = template.owner_id;
    const insert = <Name extends keyof Tables>(table: Name) => {
      let statement: ReturnType<typeof database.prepare> | null = null;
      return (row: Partial<Record<keyof Tables[Name], unknown>>) => {
        statement ??= database.prepare(
          `INSERT INTO ${table} (${Object.keys(row).join(', ')}) VALUES (${Object.keys(row)
            .map(() => '?')
            .join(', ')})`,
        );
        statement.run(...(Object.values(row) as string[]));
      };
    };
    const [job, status, cluster] = [insert('jobs'), insert('job_statuses'), insert('clusters')];
    const [clusterStatus, run, jobInput] = [insert('cluster_statuses'), insert('runs'), insert('job_inputs')];
    const [blob, file] = [insert('blobs'), insert('files')];

    database.exec('BEGIN');
    for (let index = 0; index < files; index++) {
      const sha512 = index.toString(16).padStart(128, '0');
      const isOutput = index % FILES_PER_JOB !== 0;
      const owningJob = Math.floor(index / FILES_PER_JOB) % Math.max(1, jobs);
      const name = isOutput ? `result-${index % FILES_PER_JOB}.csv` : `input-${owningJob}.txt`;
      blob({ sha512, size_bytes: 4096, date_inserted: instant(index), collected_at: null });
      file({
        id: id('f', index),
        owner_id: ownerId,
        name,
        type_id: isOutput ? 5 : 1,
        sha512,
        size_bytes: 4096,
        relative_path: name,
        search_text: `${name}\n${name}`,
        path: `user/${name}`,
        encryption_key: '',
        job_id: isOutput ? id('j', owningJob) : null,
        run_number: isOutput ? 1 : null,
        date_uploaded: instant(index),
        deleted_at: null,
      });
    }
    database
      .prepare(
        'INSERT INTO file_counts (owner_id, files) VALUES (?, ?) ON CONFLICT (owner_id) DO UPDATE SET files = files + excluded.files',
      )
      .run(ownerId, files);
    for (let index = 0; index < jobs; index++) {
      const [jobId, clusterId, at] = [id('j', index), id('c', index), instant(index)];
      job({
        ...template,
        id: jobId,
        name: `stored job ${index}`,
        output_bytes: 4096 * (FILES_PER_JOB - 1),
        ...{ date_inserted: at, date_submitted: at, date_started: at, date_completed: at },
      });
      for (const [place, name] of HISTORY.entries()) {
        status({
          id: id('s', index * 10 + place),
          job_id: jobId,
          status: name,
          status_date: at,
          status_reason: null,
        });
      }
      cluster({
        id: clusterId,
        job_id: jobId,
        scheduler: 'local',
        directory: `/nowhere/${clusterId}`,
        handle: null,
        applied_event: 5,
        batch: 1,
        is_ended: 1 satisfies Bit,
        date_inserted: at,
        date_ended: at,
      });
      for (const [place, name] of CLUSTER_HISTORY.entries()) {
        clusterStatus({
          id: id('t', index * 10 + place),
          cluster_id: clusterId,
          status: name,
          status_date: at,
          status_reason: null,
        });
      }
      run({
        job_id: jobId,
        number: 1,
        batch: 1,
        date_started: at,
        date_completed: at,
        outcome: 'success',
        exit_code: 0,
        failure: null,
        skipped: '[]',
        output_count: FILES_PER_JOB - 1,
        output_bytes: 4096 * (FILES_PER_JOB - 1),
      });
      if (files > 0) {
        const input = (index * FILES_PER_JOB) % files;
        jobInput({
          job_id: jobId,
          tile: 0,
          position: 0,
          file_id: id('f', input - (input % FILES_PER_JOB)),
          decompress: 0,
        });
      }
    }
    database.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE)');
  } finally {
    database.close();
  }
}

/** Seven characters, where the server draws six letters: the two can never meet. */
function id(kind: string, index: number): string {
  return `${kind}${index.toString(36).padStart(6, '0')}`;
}

/** A row every 20 seconds, in the form the server writes. */
function instant(index: number): Instant {
  return new Date(FIRST_DATE + index * 20_000).toISOString().replace('Z', '000Z') as Instant;
}
