/**
 * A site as a year of use would leave it: three people, hundreds of jobs in every state, names that try to do harm, a log of
 * any length. What matters is done by a real server; the rest are copies of it, with other names, owners and dates.
 */
import { storeSweep } from '../../bench/lib/stored-sweep.ts';
import { openSqliteFile } from '../../packages/server/src/db/sqlite.ts';
import type { Platform } from '../../packages/server/testing/start-platform.ts';
import { eventually, jobWithStatus } from './jobs.ts';
import { uploadText } from './sweeps.ts';

/** Names as strangers write them: markup, marks that turn text around, and as long as a name may be. */
const HOSTILE_NAMES = [
  '<img src=x onerror="document.title=1"> & \'quotes\'',
  'result\u202Egnp.exe',
  `${'long-'.repeat(50)}name`,
  '{{constructor.constructor("document.title=1")()}}',
];

const LARGE_SWEEP = { runs: 10_000, inputs: 30 };
const LOG_LINE_BYTES = 64;
const DAY_MS = 24 * 3600 * 1000;
const SOFTWARE = [
  ['OpenFOAM', 'openfoam'],
  ['CalculiX', 'calculix'],
  ['Bring Your Own Software', 'user_included'],
] as const;
const SUBJECTS = ['wing', 'pipe flow', 'bracket', 'heat sink', 'valve', 'crash box', 'manifold'];

export interface SiteOptions {
  /** Jobs in all, at least a dozen. */
  jobs: number;
  /** Length of the log of `longLog`. */
  logBytes: number;
}

type JobKind =
  | 'saved'
  | 'succeeded'
  | 'failed'
  | 'stopped'
  | 'running'
  | 'waiting'
  | 'sweep'
  /** Saved, with variables and a template. */
  | 'savedSweep'
  | 'largeSweep'
  | 'longLog';

export interface Site {
  /** Jobs that a server has really had, by what has become of them. */
  jobs: Record<JobKind, string>;
  hostileJobs: string[];
  /** Keys by person: `ann` manages the project and `bo` is a member; `lone` has nothing at all. */
  keys: Record<'ann' | 'bo' | 'lone', string>;
  projectId: string;
  /** Of a job that has ended, of a file that it left, and of things beside jobs. */
  clusterId: string;
  fileId: string;
  deviceId: string;
  templateId: string;
}

/** Fills a platform of four cores, which is restarted once meanwhile. */
export async function seedSite(platform: Platform, { jobs, logBytes }: SiteOptions): Promise<Site> {
  const call = async (method: string, path: string, body?: unknown, key?: string) => {
    const answer = await platform.call(method, `/api/v2/${path}`, body, key);
    if (answer.status >= 300) {
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    }
    return answer.body;
  };
  const keys = {} as Site['keys'];
  const users: string[] = [];
  for (const [person, firstName] of [
    ['ann', 'Ann'],
    ['bo', 'Bo'],
    ['lone', 'Lone'],
  ] as const) {
    const { id, apiKey } = await call('POST', 'users/', { email: `${person}@lab.example`, firstName });
    keys[person] = apiKey;
    users.push(id);
  }
  const [annId, boId] = users as [string, string];
  const { id: projectId } = await call('POST', 'projects/', { name: 'Wind tunnel', description: 'Wings' });
  await call('POST', `projects/${projectId}/members/`, { userId: annId, role: 'manager' });
  await call('POST', `projects/${projectId}/members/`, { userId: boId });

  async function make(name: string, command: string, more: Record<string, unknown> = {}): Promise<string> {
    const { tile, ...job } = more;
    const { id } = await call('POST', 'jobs/', {
      name,
      jobanalyses: [
        {
          analysis: { code: 'user_included', version: '0' },
          command,
          hardware: { coreType: 'quartz', coresPerSlot: 1, slots: 1, walltime: 1 },
          ...(tile as object | undefined),
        },
      ],
      ...job,
    });
    return id;
  }
  const start = async (...definition: Parameters<typeof make>) => {
    const id = await make(...definition);
    await call('POST', `jobs/${id}/submit/`);
    return id;
  };

  const saved = await make('a mesh study that waits for its mesh', 'run-solver', {
    userTags: [{ name: 'mesh' }],
  });
  const succeeded = await start('wing at 12 degrees', RESULTS, { userTags: [{ name: 'wing' }] });
  const failed = await start(
    'pipe flow that diverged',
    'for i in $(seq 1 40); do echo "Time = $i  Ux 0.$i  p 1.$i"; done; echo "FATAL: floating point exception in cell 4711" >&2; exit 136',
  );
  const hostileJobs = await Promise.all(
    HOSTILE_NAMES.map((name) =>
      start(name, `echo x > '${'n'.repeat(200)}.txt'; echo '<script>document.title=1</script>' > page.html`),
    ),
  );
  const flow = await uploadText(platform, 'flow.tmpl', 'angle=${angle}\nspeed=${speed}\n');
  const sweep = await start(
    'wing over angle and speed',
    '. ./flow.sh; echo "angle $angle, speed $speed"; [ "$angle" != 7 ]',
    {
      tile: {
        postProcessScriptCommand: `. ./flow.sh; printf 'lift\\t%s\\n' $((angle * speed))`,
        templateTasks: [{ templateFile: { id: flow }, processedFilename: 'flow.sh' }],
      },
      jobvariables: ['angle', 'speed'].map((name, displayOrder) => ({
        ...{ name, displayOrder, variableType: 'Param', valueGeneratorType: 'FixedRange' },
        valueGeneratorSettings: { minvalue: 1, maxvalue: name === 'angle' ? 8 : 3, increment: 1 },
      })),
    },
  );
  const longLog = await start(
    'a log that nobody reads to its end',
    `seq -f 'Time = %09.0f  residual of the pressure equation 1.2e-05' 1 ${Math.ceil(logBytes / LOG_LINE_BYTES)}`,
  );
  for (const id of [succeeded, failed, sweep, longLog, ...hostileJobs]) {
    await jobWithStatus(platform, id, 'Completed', 240);
  }
  const stopped = await start('stopped by hand', 'sleep 600');
  await jobWithStatus(platform, stopped, 'Executing', 60);
  await call('POST', `jobs/${stopped}/stop/`);
  await jobWithStatus(platform, stopped, 'Completed', 60);

  const savedSweep = await make('wing over two samples', 'true', {
    jobvariables: ['x', 'y'].map((name, displayOrder) => ({
      ...{ name, displayOrder, variableType: 'Param', valueGeneratorType: 'Sobol' },
      valueGeneratorSettings: { minvalue: 0, maxvalue: 1, count: 8 },
    })),
  });
  const device = await call('POST', 'storage-devices/', { name: 'meshes', storageSize: 1 });
  await call('POST', `storage-devices/${device.id}/submit/`);
  const template = await call('POST', 'job-templates/', {
    name: `A form ${'x'.repeat(100)}`,
    fields: ['text', 'integer', 'boolean', 'choice', 'files'].map((type) => ({
      ...{ name: type, label: `Of ${type}`, type, help: 'What it is for.', required: type === 'text' },
      ...(type === 'choice' && { options: ['a', 'b'] }),
      ...(type === 'integer' && { min: 1, unit: 'm/s' }),
    })),
    definition: {
      name: 'of a form',
      jobanalyses: [
        {
          analysis: { code: 'user_included', version: '0' },
          command: 'echo "$text"',
          hardware: { coreType: 'quartz', coresPerSlot: 1, slots: 1, walltime: 1 },
        },
      ],
    },
  });
  const clusters = await call('GET', `jobs/${succeeded}/clusters/`);
  const files = await call('GET', `jobs/${succeeded}/files/`);
  const largeSweep = await storeSweep(platform, {
    ...LARGE_SWEEP,
    outputs: ([x = 0, y = 0, z = 0]) => ({ lift: x ** 2 - y, drag: z + x * y }),
  });

  await platform.stop();
  copyJobs(platform.dataDir, {
    count: jobs - hostileJobs.length - 10,
    from: { saved, succeeded, failed, stopped },
    owners: [annId, boId],
    projectId,
  });
  await platform.restart();

  // One for each core, so that the next one waits.
  const [running] = await Promise.all(
    Array.from({ length: 4 }, (_, index) =>
      start(
        `running for an hour ${index + 1}`,
        'for i in $(seq 1 36000); do echo "Time = $i  Ux 0.$((i % 997))  p 0.0$((i % 89))"; sleep 0.1; done',
      ),
    ),
  );
  await jobWithStatus(platform, running!, 'Executing', 60);
  const waiting = await start('waits for cores', 'true');
  await eventually('a reason to wait', async () => (await call('GET', `jobs/${waiting}/`)).waiting, 60);
  return {
    jobs: {
      saved,
      succeeded,
      failed,
      stopped,
      running: running!,
      waiting,
      sweep,
      savedSweep,
      largeSweep,
      longLog,
    },
    hostileJobs,
    keys,
    projectId,
    clusterId: clusters.results[0].id,
    fileId: files.results[0].id,
    deviceId: device.id,
    templateId: template.id,
  };
}

/** Outputs of the kinds that the portal shows. */
const RESULTS = [
  'for i in $(seq 1 200); do echo "Time = $i  Ux 0.$i  p 0.0$i"; done',
  '(echo "time,lift,drag"; for i in $(seq 1 200); do echo "$i,0.$((i * 3)),0.0$i"; done) > forces.csv',
  'echo \'{"lift": 1.25, "mesh": {"cells": [1, 2, 3]}}\' > summary.json',
  'printf "# Report\\n\\nThe wing **holds**.\\n" > report.md',
  'echo \'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><circle cx="20" cy="20" r="18"/></svg>\' > circle.svg',
  "echo '<h1>Report</h1>' > report.html",
  "printf 'v 0 0 0\\nv 1 0 0\\nv 0 1 0\\nf 1 2 3\\n' > mesh.obj",
  'python3 -m zipfile -c inputs.zip summary.json report.md',
  'head -c 5000 /dev/urandom > restart.bin',
].join('; ');

interface Copies {
  count: number;
  from: Record<'saved' | 'succeeded' | 'failed' | 'stopped', string>;
  owners: readonly string[];
  projectId: string;
}

type Row = Record<string, string | number | null>;

/** Adds jobs that are like those that there are, in every state that a job can end in, spread over sixty days. */
function copyJobs(dataDir: string, { count, from, owners, projectId }: Copies): void {
  const database = openSqliteFile(`${dataDir}/quarry.db`, 'write');
  try {
    const rows = (table: string, column: string, id: string) =>
      database.prepare(`SELECT * FROM ${table} WHERE ${column} = ?`).all(id) as unknown as Row[];
    const insert = (table: string, row: Row) => {
      const columns = Object.keys(row);
      database
        .prepare(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`)
        .run(...Object.values(row));
    };
    const kinds = [
      ...Array(4).fill({ id: from.succeeded, ending: null }),
      { id: from.failed, ending: null },
      { id: from.stopped, ending: null },
      { id: from.saved, ending: null },
      {
        id: from.failed,
        ending: {
          outcome: 'walltime_exceeded',
          code: 'walltime_exceeded',
          message: 'The run took longer than its walltime of 1 h.',
        },
      },
      {
        id: from.failed,
        ending: { outcome: 'failed', code: 'agent_lost', message: 'The agent of the cluster is gone.' },
      },
    ] as { id: string; ending: { outcome: string; code: string; message: string } | null }[];

    const { seq } = database.prepare('SELECT max(seq) AS seq FROM job_statuses').get() as { seq: number };
    let lastSeq = seq;
    database.exec('BEGIN');
    for (let index = 0; index < count; index++) {
      const { id, ending } = kinds[index % kinds.length]!;
      const agoMs = Math.round(((count - index) / count) * 60 * DAY_MS);
      const secondsTaken = 60 + ((index * 7919) % 40_000);
      const ago = (time: Row[string]) =>
        typeof time === 'string' && /^\d{4}-\d\d-\d\dT/.test(time)
          ? new Date(Date.parse(time) - agoMs).toISOString().replace('Z', '000Z')
          : time;
      const earlier = (row: Row): Row =>
        Object.fromEntries(Object.entries(row).map(([column, value]) => [column, ago(value)]));
      const failure = ending && { code: ending.code, message: ending.message, hint: null };
      const [software, code] = SOFTWARE[index % SOFTWARE.length]!;
      const copy = (kind: string, number = 0) => `${kind}${index.toString(36).padStart(4, '0')}${number}`;
      const job = earlier(rows('jobs', 'id', id)[0]!);
      const clusters = rows('clusters', 'job_id', id);
      const end = job.date_started
        ? new Date(Date.parse(String(job.date_started)) + secondsTaken * 1000)
        : null;
      insert('jobs', {
        ...job,
        id: copy('j'),
        name: `${SUBJECTS[index % SUBJECTS.length]} ${index + 1}`,
        owner_id: owners[index % owners.length]!,
        project_id: index % 3 === 0 ? projectId : null,
        analysis_names: JSON.stringify([software]),
        analysis_codes: JSON.stringify([code]),
        cluster_id: job.cluster_id === null ? null : copy('c'),
        ...(end && {
          date_completed: end.toISOString().replace('Z', '000Z'),
          executed_seconds: secondsTaken,
          used_seconds: secondsTaken,
        }),
        ...(ending && {
          outcome: ending.outcome,
          state: JSON.stringify({ ...JSON.parse(String(job.state)), outcome: ending.outcome, failure }),
        }),
      });
      for (const [number, row] of rows('job_statuses', 'job_id', id).entries()) {
        insert('job_statuses', { ...earlier(row), id: copy('s', number), job_id: copy('j'), seq: ++lastSeq });
      }
      for (const row of rows('job_tags', 'job_id', id)) {
        insert('job_tags', { ...row, job_id: copy('j') });
      }
      for (const cluster of clusters) {
        insert('clusters', {
          ...earlier(cluster),
          id: copy('c'),
          job_id: copy('j'),
          directory: `/nowhere/${copy('c')}`,
        });
        for (const [number, row] of rows('cluster_statuses', 'cluster_id', String(cluster.id)).entries()) {
          insert('cluster_statuses', { ...earlier(row), id: copy('t', number), cluster_id: copy('c') });
        }
      }
      for (const row of rows('runs', 'job_id', id)) {
        insert('runs', {
          ...earlier(row),
          job_id: copy('j'),
          output_count: 0,
          output_bytes: 0,
          ...(ending && { outcome: ending.outcome, failure: JSON.stringify(failure) }),
        });
      }
    }
    database.exec('COMMIT');
  } finally {
    database.close();
  }
}
