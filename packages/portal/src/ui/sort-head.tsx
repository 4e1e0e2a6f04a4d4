import type { ReactNode } from 'react';
import { IconArrowDown, IconArrowUp } from './icons.ts';
import styles from './sort-head.module.css';

interface SortHeadProps<Column extends string> {
  column: Column;
  /** What the table is ordered by: the name of a column, descending with `-`. */
  ordering: string;
  onSort: (column: Column) => void;
  className?: string | undefined;
  isNumber?: boolean | undefined;
  /** From 1, in tables of which not all columns are in the page. */
  columnIndex?: number;
  /** Shown whole where the name is cut. */
  title?: string;
  children: ReactNode;
}

/** The head of a column that the table can be ordered by. */
export function SortHead<Column extends string>(props: SortHeadProps<Column>) {
  const { column, ordering, onSort, className, isNumber, columnIndex, title, children } = props;
  const isDescending = ordering === `-${column}`;
  const isSorted = isDescending || ordering === column;
  const Icon = isDescending ? IconArrowDown : IconArrowUp;
  return (
    <th
      scope="col"
      className={className}
      data-number={isNumber}
      aria-colindex={columnIndex}
      aria-sort={isSorted ? (isDescending ? 'descending' : 'ascending') : 'none'}
    >
      <button type="button" className={styles.sort} title={title} onClick={() => onSort(column)}>
        {children}
        {isSorted && <Icon size={14} aria-hidden />}
      </button>
    </th>
  );
}
