import type { JobPreview } from '@quarry/sdk';
import { DataTable } from '../../../ui/data-table.tsx';
import { Name } from '../../../ui/name.tsx';
import { formatCount } from '../../../words/numbers.ts';
import { words } from '../../../words/words.ts';

/** Columns that a table of a page can show. */
const MAX_COLUMNS = 40;

/** The values of the first runs, as templates get them. */
export function Points({ preview: { points, variables, runs } }: { preview: JobPreview }) {
  const text = words.variables.runs;
  if (points.length === 0 || runs.count === null) {
    return null;
  }
  const rows = points.map((values, index) => ({ values, run: index + 1 }));
  return (
    <>
      <h3>{text.points}</h3>
      <DataTable
        label={text.points}
        rows={rows}
        rowKey={({ run }) => String(run)}
        columns={[
          { title: text.run, isNumber: true, cell: ({ run }) => formatCount(run) },
          ...variables.slice(0, MAX_COLUMNS).map((name, column) => ({
            title: name,
            isNumber: true,
            cell: ({ values }: { values: string[] }) => <Name>{values[column]}</Name>,
          })),
        ]}
      />
      {runs.count > rows.length && (
        <p className="muted">{text.first(formatCount(rows.length), formatCount(runs.count))}</p>
      )}
    </>
  );
}
