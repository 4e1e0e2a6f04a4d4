import { useQuery } from '@tanstack/react-query';
import { projectsQuery } from '../../api/project-queries.ts';
import { Chip } from '../../ui/chip.tsx';
import { words } from '../../words/words.ts';

interface ProjectChipProps {
  projectId: string;
  onRemove: () => void;
}

/** The project that a page is narrowed to. */
export function ProjectChip({ projectId, onRemove }: ProjectChipProps) {
  const { chip: text } = words.projects;
  const projects = useQuery(projectsQuery);
  const name = projects.data?.find(({ id }) => id === projectId)?.name ?? projectId;
  return (
    <Chip removeLabel={text.remove(name)} onRemove={onRemove}>
      {text.only(name)}
    </Chip>
  );
}
