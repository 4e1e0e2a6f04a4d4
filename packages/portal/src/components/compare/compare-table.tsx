import { Name } from '../../ui/name.tsx';
import { Panel } from '../../ui/panel.tsx';
import { formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import type { CompareRow } from './compare-rows.ts';
import styles from './compare-table.module.css';

interface CompareTableProps {
  title: string;
  /** How the columns are called. */
  subjects: readonly string[];
  rows: readonly CompareRow[];
  /** Whether rows are shown in which all are the same. */
  isAll: boolean;
}

/** One aspect of all that is compared; nothing where none of them says anything about it. */
export function CompareTable({ title, subjects, rows, isAll }: CompareTableProps) {
  const text = words.compare;
  const shown = isAll ? rows : rows.filter(({ differs }) => differs);
  const hidden = rows.length - shown.length;
  if (rows.length === 0) {
    return null;
  }
  return (
    <Panel title={title}>
      {shown.length > 0 && (
        <section
          className={styles.scroll}
          aria-label={title}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
          tabIndex={0}
        >
          <table className={styles.table}>
            <caption className="visually-hidden">{title}</caption>
            <thead>
              <tr>
                <th scope="col">{text.fact}</th>
                {subjects.map((subject) => (
                  <th key={subject} scope="col" className="mono">
                    {subject}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.map(({ name, cells, differs }) => (
                <tr key={name}>
                  <th scope="row">
                    <Name>{name}</Name>
                    {isAll && differs && <span className={styles.mark}> {text.differs}</span>}
                  </th>
                  {cells.map((cell, index) => (
                    <td key={subjects[index]} data-differs={cell !== cells[0] || undefined}>
                      {cell === null ? <span className="muted">{text.nothing}</span> : <Name>{cell}</Name>}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {hidden > 0 && <p className="muted">{text.hidden(formatCount(hidden), hidden === 1)}</p>}
    </Panel>
  );
}
