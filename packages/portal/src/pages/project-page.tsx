import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { projectQuery } from '../api/project-queries.ts';
import { useUser } from '../api/session.ts';
import { ProjectMembers } from '../components/admin/project-members.tsx';
import { isMissing, MissingPage } from '../components/missing-page.tsx';
import {
  MembersPanel,
  ProjectFacts,
  ProjectJobs,
  ProjectUse,
} from '../components/projects/project-panels.tsx';
import { rightsIn } from '../components/projects/rights.ts';
import { paths } from '../paths.ts';
import layout from '../ui/layout.module.css';
import { Link } from '../ui/link.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Name } from '../ui/name.tsx';
import { Page } from '../ui/page.tsx';
import { words } from '../words/words.ts';

/** A project: what it is about, what it costs, its newest jobs, and who belongs to it. */
export function ProjectPage() {
  const text = words.projects;
  const { projectId } = useParams({ strict: false }) as { projectId: string };
  const user = useUser();
  const query = useQuery(projectQuery(projectId));
  if (isMissing(query)) {
    return <MissingPage />;
  }
  const name = query.data?.name ?? projectId;
  return (
    <Page
      title={<Name>{name}</Name>}
      documentTitle={name}
      lead={<Link to={paths.projects()}>{text.all}</Link>}
    >
      <Loaded query={query}>
        {(project) => {
          const { role, isManaging } = rightsIn(project, user);
          return (
            <div className={layout.stack}>
              <div className={layout.panels}>
                <ProjectFacts project={project} role={role} />
                <ProjectUse project={project} isOfAll={isManaging} />
              </div>
              <ProjectJobs project={project} isOfAll={isManaging} />
              {isManaging ? <ProjectMembers project={project} /> : <MembersPanel project={project} />}
            </div>
          );
        }}
      </Loaded>
    </Page>
  );
}
