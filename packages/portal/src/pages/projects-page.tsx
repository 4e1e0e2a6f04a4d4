import type { Project, UsageReport } from '@quarry/sdk';
import { useQuery } from '@tanstack/react-query';
import { projectsQuery } from '../api/project-queries.ts';
import { thisMonth, usageQuery } from '../api/usage-queries.ts';
import { ProjectName } from '../components/projects/project-name.tsx';
import { formatCost } from '../components/usage/sums.tsx';
import { DataTable } from '../ui/data-table.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import layout from '../ui/layout.module.css';
import { Loaded } from '../ui/loaded.tsx';
import { Page } from '../ui/page.tsx';
import { formatNumber } from '../words/numbers.ts';
import { words } from '../words/words.ts';

/** The projects that somebody belongs to, and what they have cost this month. */
export function ProjectsPage() {
  const text = words.projects;
  const query = useQuery(projectsQuery);
  const use = useQuery(usageQuery({ ...thisMonth(), by: 'project' }));
  return (
    <Page title={text.title} lead={text.lead}>
      <Loaded query={query}>
        {(projects) =>
          projects.length === 0 ? (
            <EmptyState title={text.none}>
              <p>{text.noneText}</p>
            </EmptyState>
          ) : (
            <div className={layout.stack}>
              <ProjectsTable projects={projects} use={use.data} />
              <p className="muted">{text.costNote}</p>
            </div>
          )
        }
      </Loaded>
    </Page>
  );
}

interface ProjectsTableProps {
  projects: readonly Project[];
  /** What was used this month by project; absent while nobody has told. */
  use: UsageReport | undefined;
}

function ProjectsTable({ projects, use }: ProjectsTableProps) {
  const text = words.projects;
  const rows = new Map(use?.rows.map((row) => [row.key, row]));
  // What is in no row may be among the others, of which only the sum is told.
  const nothing = use?.rest === null ? { coreHours: 0, amounts: [] } : undefined;
  const usedIn = ({ id }: Project) => rows.get(id) ?? nothing;
  return (
    <DataTable
      label={text.title}
      rows={projects}
      rowKey={({ id }) => id}
      columns={[
        {
          title: text.columns.name,
          cell: ({ id, name, description, isDefault }) => (
            <div className={layout.name}>
              <ProjectName id={id} name={name} description={description} />
              {isDefault && <div className="muted">{text.isDefault}</div>}
            </div>
          ),
        },
        { title: text.columns.role, cell: ({ role }) => text.roles[role ?? 'none'] },
        { title: text.columns.state, cell: ({ isActive }) => (isActive ? text.open : text.closed) },
        {
          title: text.columns.hours,
          isNumber: true,
          cell: (project) => {
            const used = usedIn(project);
            return used && formatNumber(used.coreHours);
          },
        },
        {
          title: text.columns.cost,
          isNumber: true,
          cell: (project) => {
            const used = usedIn(project);
            return used && formatCost(used);
          },
        },
      ]}
    />
  );
}
