import type { JobSummary, ManagedProject } from '@quarry/sdk';
import { useQuery } from '@tanstack/react-query';
import { stateOf } from '../../api/job-state.ts';
import { jobsOfProjectQuery } from '../../api/project-queries.ts';
import { thisMonth, usageQuery } from '../../api/usage-queries.ts';
import { paths } from '../../paths.ts';
import { type Column, DataTable } from '../../ui/data-table.tsx';
import layout from '../../ui/layout.module.css';
import { Link } from '../../ui/link.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Name } from '../../ui/name.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Age } from '../../ui/time.tsx';
import { formatCount, formatMoney } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import { StateBadge } from '../state-badge.tsx';
import { Sums } from '../usage/sums.tsx';

interface OfProject {
  project: ManagedProject;
}
/** Whether what everybody has done in it is shown, or what whoever looks has done themselves. */
interface Shown extends OfProject {
  isOfAll: boolean;
}

export function ProjectFacts({ project, role }: OfProject & { role: 'member' | 'manager' | null }) {
  const text = words.projects;
  const { description, isActive, isDefault, dateInserted } = project;
  return (
    <Panel title={text.about}>
      {description !== '' && (
        <p>
          <Name>{description}</Name>
        </p>
      )}
      <dl className={layout.facts}>
        <dt>{text.facts.state}</dt>
        <dd>{isActive ? text.open : text.closed}</dd>
        <dt>{text.facts.role}</dt>
        <dd>{text.roles[role ?? 'none']}</dd>
        <dt>{text.facts.added}</dt>
        <dd>
          <Age date={dateInserted} />
        </dd>
      </dl>
      {!isActive && <p className="muted">{text.closedText}</p>}
      {isDefault && <p className="muted">{text.isDefault}</p>}
    </Panel>
  );
}

export function ProjectUse({ project, isOfAll }: Shown) {
  const text = words.projects;
  const query = useQuery(usageQuery({ ...thisMonth(), by: 'person', project: project.id }));
  return (
    <Panel title={text.use}>
      <Loaded query={query}>{({ total }) => <Sums sums={total} />}</Loaded>
      <p className="muted">{isOfAll ? text.allUse : text.ownUse}</p>
      <Link to={paths.usage()} search={{ project: project.id, by: 'person' }}>
        {text.toUse}
      </Link>
    </Panel>
  );
}

const { jobColumns: titles } = words.projects;
const JOB_COLUMNS: readonly Column<JobSummary>[] = [
  {
    title: titles.state,
    cell: ({ jobStatus, outcome, failureCode }) => (
      <StateBadge state={stateOf({ status: jobStatus.content, outcome, failureCode })} />
    ),
  },
  {
    title: titles.name,
    cell: ({ id, name }) => (
      <div className={layout.name}>
        <Link to={paths.job(id)}>
          <Name>{name}</Name>
        </Link>
      </div>
    ),
  },
  { title: titles.owner, cell: ({ owner }) => <Name>{owner}</Name> },
  {
    title: titles.cost,
    isNumber: true,
    cell: ({ cost }) => cost?.used && formatMoney(cost.used.amount, cost.used.currency),
  },
  { title: titles.saved, cell: ({ dateInserted }) => <Age date={dateInserted} /> },
];

export function ProjectJobs({ project, isOfAll }: Shown) {
  const text = words.projects;
  const query = useQuery(jobsOfProjectQuery(project.id));
  return (
    <Panel title={text.jobs}>
      {!isOfAll && <p className="muted">{text.ownJobs}</p>}
      <Loaded query={query}>
        {({ results, count }) =>
          count === 0 ? (
            <p>{isOfAll ? text.noJobsAtAll : text.noJobs}</p>
          ) : (
            <>
              <DataTable label={text.jobs} rows={results} rowKey={({ id }) => id} columns={JOB_COLUMNS} />
              <Link to={paths.jobs()} search={{ project: project.id }}>
                {text.toJobs(formatCount(count))}
              </Link>
            </>
          )
        }
      </Loaded>
    </Panel>
  );
}

/** Who belongs to it, for those who cannot change that. */
export function MembersPanel({ project: { members } }: OfProject) {
  const text = words.projects;
  return (
    <Panel title={text.members}>
      <DataTable
        label={text.members}
        rows={members}
        rowKey={({ userId }) => userId}
        columns={[
          { title: text.memberColumns.email, cell: ({ email }) => <Name>{email}</Name> },
          { title: text.memberColumns.role, cell: ({ role }) => text.roles[role] },
        ]}
      />
    </Panel>
  );
}
