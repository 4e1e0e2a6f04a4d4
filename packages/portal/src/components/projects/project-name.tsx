import type { ManagedProject } from '@quarry/sdk';
import { paths } from '../../paths.ts';
import { Link } from '../../ui/link.tsx';
import { Name } from '../../ui/name.tsx';

/** The way to a project, with what is said of it. */
export function ProjectName({ id, name, description }: Pick<ManagedProject, 'id' | 'name' | 'description'>) {
  return (
    <>
      <Link to={paths.project(id)}>
        <Name>{name}</Name>
      </Link>
      {description !== '' && (
        <div className="muted">
          <Name>{description}</Name>
        </div>
      )}
    </>
  );
}
