import { CloseButton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { projectsQuery } from '../../api/project-queries.ts';
import { Name } from '../../ui/name.tsx';
import { words } from '../../words/words.ts';
import styles from './project-chip.module.css';

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
    <span className={styles.chip}>
      <Name>{text.only(name)}</Name>
      <CloseButton size="sm" aria-label={text.remove(name)} onClick={onRemove} />
    </span>
  );
}
