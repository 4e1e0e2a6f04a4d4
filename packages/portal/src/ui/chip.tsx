import { CloseButton } from '@mantine/core';
import styles from './chip.module.css';
import { Name } from './name.tsx';

interface ChipProps {
  /** What a list is narrowed to. */
  children: string;
  /** Says what pressing its button does. */
  removeLabel: string;
  onRemove: () => void;
}

/** Something that a list is narrowed to, until it is taken away. */
export function Chip({ children, removeLabel, onRemove }: ChipProps) {
  return (
    <span className={styles.chip}>
      <Name>{children}</Name>
      <CloseButton size="sm" aria-label={removeLabel} onClick={onRemove} />
    </span>
  );
}
