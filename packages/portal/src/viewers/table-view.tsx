import Papa from 'papaparse';
import { useMemo } from 'react';
import { DataTable } from '../ui/data-table.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { formatBytes, formatCount } from '../words/numbers.ts';
import { words } from '../words/words.ts';
import type { ByteSource } from './byte-source.ts';
import styles from './table-view.module.css';
import { useBytes } from './use-bytes.ts';

const MAX_BYTES = 4 * 1024 * 1024;
const MAX_ROWS = 500;
const MAX_COLUMNS = 100;

/** Values that stand in columns, parted by commas, tabs or semicolons, as a table. */
export function TableView({ source, name }: { source: ByteSource; name: string }) {
  const query = useBytes(source, MAX_BYTES);
  return <Loaded query={query}>{(read) => <Values {...read} name={name} />}</Loaded>;
}

function Values({ bytes, size, name }: { bytes: Uint8Array; size: number; name: string }) {
  const { preview } = words.files;
  const rows = useMemo(
    () =>
      Papa.parse<string[]>(new TextDecoder().decode(bytes), { skipEmptyLines: true, preview: MAX_ROWS + 1 })
        .data,
    [bytes],
  );
  const [head = [], ...body] = rows;
  if (head.length === 0) {
    return <EmptyState title={preview.noTable} />;
  }
  const columns = head.slice(0, MAX_COLUMNS).map((title, index) => ({
    title: title === '' ? String(index + 1) : title,
    isNumber: body.every((row) => row[index] === undefined || row[index] === '' || isNumber(row[index])),
    cell: ({ cells }: { cells: string[] }) => cells[index] ?? '',
  }));
  const isCut = bytes.length < size || body.length >= MAX_ROWS;
  return (
    <>
      {isCut && (
        <p className="muted">
          {preview.firstRows(formatCount(Math.min(MAX_ROWS, body.length)))}{' '}
          {bytes.length < size && preview.firstPart(formatBytes(bytes.length), formatBytes(size))}
        </p>
      )}
      <div className={styles.frame}>
        <DataTable
          label={preview.rows(name)}
          columns={columns}
          rows={body.slice(0, MAX_ROWS).map((cells, index) => ({ cells, index }))}
          rowKey={({ index }) => String(index)}
        />
      </div>
    </>
  );
}

function isNumber(text: string): boolean {
  return Number.isFinite(Number(text));
}
