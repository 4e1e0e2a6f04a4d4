import type { EventVerb } from '@quarry/sdk';
import { defineCommand, flag, text } from '../command.ts';
import { usageError } from '../errors.ts';
import { describeDetail, type EventsWish, followEvents } from '../follow/follow-events.ts';
import { listOptions, noteRest, pageSizeFor, readLimited } from '../listing.ts';
import { printTable } from '../output/table.ts';

export default defineCommand({
  details:
    'For administrators, and on Quarry servers only: the log of what users changed and of what they were refused, the ' +
    'latest first. Times are UTC.\n\n' +
    'With --follow, for everybody: what happens from now on to all jobs that you may see, their statuses, progress and ' +
    'ends among it, and what you yourself do to other things. A broken connection is made anew, without losing or repeating ' +
    'an event. With --json an object a line: the first has the verb ready, and its id is the place to go on from with --after.',
  options: {
    follow: flag('-f, --follow', 'what happens from now on, as it happens'),
    actor: text('--actor <user>', 'only what this user did: an id or an e-mail address'),
    on: text('--on <type:id>', 'only what was done to this, such as job:QkzTpb'),
    verb: text(
      '--verb <verb>',
      'only what has this verb, such as created, deleted or refused; with --follow also status, progress or ended, and several with commas',
    ),
    project: text('--project <id>', 'with --follow, only jobs of this project'),
    after: text('--after <event>', 'with --follow, from behind the event with this id on'),
    since: text('--since <date>', 'only from this time on, such as 2026-01-31 or 2026-01-31T09:00:00Z'),
    until: text('--until <date>', 'only before this time'),
    ...listOptions,
  },
  examples: [
    { command: 'quarry events', says: 'What was done last' },
    { command: 'quarry events --on job:QkzTpb', says: 'Everything that was done to a job' },
    {
      command: 'quarry events --verb refused --since 2026-01-31',
      says: 'What somebody asked for who may not',
    },
    { command: 'quarry events -f', says: 'What happens to your jobs, as it happens' },
    { command: 'quarry events -f --verb ended --json', says: 'A line for each job that ends, for a program' },
  ],
  async run({ follow, project, after, ...options }, { sdk, io, signal }) {
    if (follow) {
      await followEvents(followed({ project, after, ...options }), { sdk, io, signal });
      return undefined;
    }
    if (project !== undefined || after !== undefined) {
      throw usageError(
        `${project === undefined ? '--after' : '--project'} is for --follow.`,
        'The log is searched with --actor, --on, --verb, --since and --until.',
      );
    }
    const { actor, on, verb, since, until } = options;
    const listing = sdk.admin.listEvents(
      {
        page_size: pageSizeFor(options),
        ...(actor !== undefined && { actor }),
        ...(on !== undefined && { subject: on }),
        // Which there are is the server's to know.
        ...(verb !== undefined && { verb: verb as EventVerb }),
        ...(since !== undefined && { since }),
        ...(until !== undefined && { until }),
      },
      { signal },
    );
    return readLimited(listing, options);
  },
  present(listed, io) {
    if (listed === undefined) {
      return;
    }
    const { items, total } = listed;
    printTable(io, items, [
      { header: 'When', value: ({ date }) => date.slice(0, 19).replace('T', ' ') },
      {
        header: 'Who',
        value: ({ actor }) => (actor === null ? 'the platform' : actor.email || actor.id),
        flexible: true,
      },
      { header: 'Did', value: ({ verb }) => verb.replaceAll('_', ' '), style: () => 'bold' },
      {
        header: 'To',
        value: ({ subject }) => (subject.id === null ? subject.type : `${subject.type} ${subject.id}`),
        flexible: true,
      },
      { header: 'Detail', value: ({ detail }) => describeDetail(detail), flexible: true },
    ]);
    noteRest(items.length, total, io);
  },
});

interface FollowOptions {
  actor: string | undefined;
  on: string | undefined;
  verb: string | undefined;
  since: string | undefined;
  until: string | undefined;
  project: string | undefined;
  after: string | undefined;
  limit: number | undefined;
  all: boolean;
}

/** What the options mean while events are followed; refuses those that mean nothing then. */
function followed(options: FollowOptions): EventsWish {
  const { on, verb, project, after, limit } = options;
  for (const name of ['actor', 'since', 'until', 'all'] as const) {
    if (options[name] !== undefined && options[name] !== false) {
      throw usageError(
        `--${name} is for the log of what was done, not for --follow.`,
        'What is followed is chosen with --on, --project and --verb; --after goes on behind an event.',
      );
    }
  }
  const [type, jobId, ...rest] = on?.split(':') ?? [];
  if (on !== undefined && (type !== 'job' || !jobId || rest.length > 0)) {
    throw usageError(`--on takes a job while events are followed, such as job:abcDEF, not "${on}".`);
  }
  return {
    after,
    limit,
    jobs: jobId === undefined ? undefined : [jobId],
    projects: project === undefined ? undefined : [project],
    verbs: verb?.split(','),
  };
}
