/** The numbers of the server in the text format of Prometheus. Loaded when somebody asks for them first. */
import { Counter, collectDefaultMetrics, Gauge, type Metric, Registry } from 'prom-client';
import type { StoredBytes } from '../db/queries/count-site.ts';
import type { Exchanges } from '../jobs/life/exchange.ts';
import type { TaskRecord } from '../upkeep/task-record.ts';
import { VERSION } from '../version.ts';
import type { Counts } from './counts.ts';
import type { SiteNumbers } from './site-numbers.ts';
import type { Spread } from './spread.ts';

export interface Sources {
  counts: Counts;
  inFlight: () => number;
  site: () => Promise<SiteNumbers>;
  /** Null as long as nobody has counted. */
  stored: () => StoredBytes | null;
  exchanges: Pick<Exchanges, 'counts'>;
  tasks: () => TaskRecord[];
}

/** How often the delay of the event loop is looked at: each look wakes an idle server. */
const LOOP_LOOK_MS = 100;

/** A registry whose numbers are looked up whenever it is written. */
export function createExposition(sources: Sources): { contentType: string; write(): Promise<string> } {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_LOOK_MS });
  let site: SiteNumbers;
  addRequests(registry, sources);
  addDatabase(registry, sources.counts, () => site);
  addJobs(registry, sources.exchanges, () => site);
  addFiles(registry, sources.stored, () => site);
  addTasks(registry, sources.tasks);
  gauge(
    registry,
    'quarry_user_tasks',
    'Tasks of users that have not ended, such as archives that are written.',
    () => site.tasks.map(({ state, count }) => ({ state, value: count })),
    ['state'],
  );
  const info = () => [{ version: VERSION, value: 1 }];
  gauge(registry, 'quarry_info', 'Always 1; the version is its label.', info, ['version']);
  return {
    contentType: registry.contentType,
    async write() {
      site = await sources.site();
      return registry.metrics();
    },
  };
}

function addRequests(registry: Registry, { counts, inFlight }: Sources): void {
  const by = ['method', 'route', 'status'];
  const eachRoute = (name: 'requests' | 'receivedBytes' | 'sentBytes') => () =>
    counts.requests().map((entry) => ({ ...entry.labels, value: entry[name] }));
  counter(registry, 'quarry_http_requests_total', 'Requests that are over.', eachRoute('requests'), by);
  counter(
    registry,
    'quarry_http_received_bytes_total',
    'Bytes of requests as they came over connections: uploads and all else.',
    eachRoute('receivedBytes'),
    by,
  );
  counter(
    registry,
    'quarry_http_sent_bytes_total',
    'Bytes of answers as they went over connections: downloads and all else.',
    eachRoute('sentBytes'),
    by,
  );
  spread(
    registry,
    'quarry_http_request_duration_seconds',
    'From the head of a request to the last byte of its answer; what waits for news takes long on purpose.',
    () => counts.durations(),
  );
  gauge(registry, 'quarry_http_requests_in_flight', 'Requests that are being answered.', inFlight);
}

function addDatabase(registry: Registry, counts: Counts, site: () => SiteNumbers): void {
  spread(registry, 'quarry_database_commit_duration_seconds', 'Transactions until they were durable.', () => [
    counts.commits,
  ]);
  counter(registry, 'quarry_database_writes_total', 'Writes; several share a transaction.', () => [
    { value: counts.writes },
  ]);
  gauge(registry, 'quarry_database_bytes', 'The file of the database.', () => site().databaseBytes);
  gauge(registry, 'quarry_database_wal_bytes', 'Its write-ahead log.', () => site().walBytes);
  gauge(
    registry,
    'quarry_metrics_query_duration_seconds',
    'What looking up these numbers in the database took.',
    () => site().seconds,
  );
}

/** What users see of a job that waits for a cluster. */
const QUEUED: ReadonlySet<string | null> = new Set(['Pending', 'Queued', 'Waiting for Cluster']);

function addJobs(registry: Registry, exchanges: Sources['exchanges'], site: () => SiteNumbers): void {
  gauge(
    registry,
    'quarry_jobs',
    'Jobs that have not ended, by status; saved are those that were not submitted.',
    () => site().jobs.map(({ status, count }) => ({ status: status ?? 'Saved', value: count })),
    ['status'],
  );
  gauge(registry, 'quarry_queue_length', 'Jobs that wait for a cluster.', () =>
    site()
      .jobs.filter(({ status }) => QUEUED.has(status))
      .reduce((sum, { count }) => sum + count, 0),
  );
  gauge(
    registry,
    'quarry_runs',
    'Runs that have not ended: planned, or with an agent, which may have begun them.',
    () => [
      { state: 'planned', value: site().runsPlanned },
      { state: 'with_agent', value: exchanges.counts().given },
    ],
    ['state'],
  );
  counter(
    registry,
    'quarry_runs_ended_total',
    'Runs that have ended since the start of the server, by outcome.',
    () => [...exchanges.counts().ended].map(([outcome, value]) => ({ outcome, value })),
    ['outcome'],
  );
  gauge(
    registry,
    'quarry_clusters',
    'Clusters that have not ended, each with an agent.',
    () => site().clusters,
  );
  gauge(
    registry,
    'quarry_agents_silent',
    'Of their agents, those of which nothing was heard for two minutes.',
    () => site().agentsSilent,
  );
}

function addFiles(registry: Registry, stored: Sources['stored'], site: () => SiteNumbers): void {
  gauge(registry, 'quarry_files', 'Files that users see.', () => site().files);
  const counted = (name: keyof StoredBytes) => () => {
    const latest = stored();
    return latest === null ? [] : [{ value: latest[name] }];
  };
  gauge(
    registry,
    'quarry_stored_blobs',
    'Contents of files, each once; counted every 10 minutes.',
    counted('blobs'),
  );
  gauge(registry, 'quarry_stored_bytes', 'Their bytes.', counted('bytes'));
  gauge(registry, 'quarry_disk_free_bytes', 'What the disk of the store has left.', () => {
    const { freeBytes } = site();
    return freeBytes === null ? [] : [{ value: freeBytes }];
  });
  gauge(registry, 'quarry_uploads_open', 'Uploads that have not become a file.', () => site().uploadsOpen);
}

function addTasks(registry: Registry, tasks: Sources['tasks']): void {
  const each = (numberOf: (record: TaskRecord) => number | null) => () =>
    tasks().flatMap((record) => {
      const value = numberOf(record);
      return value === null ? [] : [{ task: record.name, value }];
    });
  const by = ['task'];
  counter(
    registry,
    'quarry_task_runs_total',
    'Runs of a task in the background.',
    each(({ runs }) => runs),
    by,
  );
  counter(
    registry,
    'quarry_task_failures_total',
    'Runs of it that failed, in whole or in part.',
    each(({ failures }) => failures),
    by,
  );
  counter(
    registry,
    'quarry_task_seconds_total',
    'What they took.',
    each(({ seconds }) => seconds),
    by,
  );
  gauge(
    registry,
    'quarry_task_last_success_timestamp_seconds',
    'When it last ran without a failure.',
    each(({ lastSuccess }) => (lastSuccess === null ? null : Date.parse(lastSuccess) / 1000)),
    by,
  );
}

/** A number under its labels. */
type Sample = { value: number } & Record<string, string | number>;

function gauge(
  registry: Registry,
  name: string,
  help: string,
  samples: () => number | Sample[],
  labelNames: string[] = [],
): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    labelNames,
    collect() {
      this.reset();
      const found = samples();
      // Without labels one that was reset is 0, although nothing may be known.
      if (Array.isArray(found) && found.length === 0 && labelNames.length === 0) {
        this.remove();
      }
      for (const { value, ...labels } of typeof found === 'number' ? [{ value: found }] : found) {
        this.set(labels as Record<string, string>, value);
      }
    },
  });
}

function counter(
  registry: Registry,
  name: string,
  help: string,
  samples: () => Sample[],
  labelNames: string[] = [],
): void {
  new Counter({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      this.reset();
      for (const { value, ...labels } of samples()) {
        this.inc(labels as Record<string, string>, value);
      }
    },
  });
}

/** A histogram of what was counted elsewhere, which prom-client can only write. */
function spread(registry: Registry, name: string, help: string, spreads: () => Spread[]): void {
  const get = async () => ({
    name,
    help,
    type: 'histogram',
    aggregator: 'sum',
    values: spreads().flatMap((each) => samplesOf(name, each)),
  });
  registry.registerMetric({ name, help, type: 'histogram', get } as unknown as Metric);
}

function samplesOf(name: string, { labels, bounds, counts, sum }: Spread) {
  let count = 0;
  const buckets = [...bounds, Number.POSITIVE_INFINITY].map((bound, place) => {
    count += counts[place]!;
    const le = bound === Number.POSITIVE_INFINITY ? '+Inf' : bound;
    return { labels: { le, ...labels }, value: count, metricName: `${name}_bucket` };
  });
  return [
    ...buckets,
    { labels, value: sum, metricName: `${name}_sum` },
    { labels, value: count, metricName: `${name}_count` },
  ];
}
