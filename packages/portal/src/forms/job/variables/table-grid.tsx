import { Button } from '@mantine/core';
import type { ClipboardEvent } from 'react';
import { formatCount } from '../../../words/numbers.ts';
import { words } from '../../../words/words.ts';
import { pasteAt, type Table } from './csv.ts';
import styles from './variables.module.css';

interface TableGridProps {
  label: string;
  rows: Table;
  onChange: (rows: Table) => void;
  /** The rows of a text that was pasted. */
  onPaste: (text: string) => Table;
}

/** A small table whose cells can be typed in; rows of a spreadsheet are pasted at any of them. */
export function TableGrid({ label, rows, onChange, onPaste }: TableGridProps) {
  const text = words.variables.table;
  const [names = [], ...body] = rows;
  const change = (row: number, column: number, value: string) =>
    onChange(pasteAt(rows, row, column, [[value]]));
  const paste = (event: ClipboardEvent, row: number, column: number) => {
    const pasted = event.clipboardData.getData('text/plain');
    if (/[\t\n]/.test(pasted.trimEnd())) {
      event.preventDefault();
      onChange(pasteAt(rows, row, column, onPaste(pasted)));
    }
  };
  return (
    <>
      <div className={styles.grid}>
        <table>
          <caption className="visually-hidden">{label}</caption>
          <thead>
            <tr>
              <th scope="col">{words.variables.runs.run}</th>
              {names.map((name, column) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a column is known by its place
                <th key={column} scope="col">
                  <input
                    aria-label={text.column(formatCount(column + 1))}
                    value={name}
                    onChange={(event) => change(0, column, event.currentTarget.value)}
                    onPaste={(event) => paste(event, 0, column)}
                  />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {body.map((cells, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a row is known by its place
              <tr key={index}>
                <td>{formatCount(index + 1)}</td>
                {names.map((name, column) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: a column is known by its place
                  <td key={column}>
                    <input
                      aria-label={text.cell(name, formatCount(index + 1))}
                      value={cells[column] ?? ''}
                      onChange={(event) => change(index + 1, column, event.currentTarget.value)}
                      onPaste={(event) => paste(event, index + 1, column)}
                    />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className={styles.choices}>
        <Button size="compact-sm" onClick={() => onChange(pasteAt(rows, rows.length, 0, [['']]))}>
          {text.addRow}
        </Button>
        <Button size="compact-sm" onClick={() => onChange(pasteAt(rows, 0, names.length, [['']]))}>
          {text.addColumn}
        </Button>
      </div>
    </>
  );
}
