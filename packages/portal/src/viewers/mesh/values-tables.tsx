import { useState } from 'react';
import { DataTable } from '../../ui/data-table.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Loading } from '../../ui/loading.tsx';
import { Name } from '../../ui/name.tsx';
import { mesh as words } from '../../words/en/mesh.ts';
import { formatValue } from '../../words/numbers.ts';
import type { MeshClient } from './mesh-client.ts';
import type { ArrayInfo, ArrayRange, ArrayValues } from './messages.ts';
import type { Pick } from './pick.ts';

const array = {
  title: words.columns.array,
  cell: ({ name }: ArrayInfo) => <Name>{name}</Name>,
};
const where = {
  title: words.columns.where,
  cell: ({ association }: ArrayInfo) => (association === 'point' ? words.ofPoints : words.ofCells),
};
const unit = { title: words.columns.unit, cell: ({ unit: name }: ArrayInfo) => name ?? '' };
const keyOf = ({ association, name }: ArrayInfo) => `${association} ${name}`;

export interface Probed {
  pick: Pick;
  values: readonly ArrayValues[];
}

/** What is known of a place that somebody has pointed at. */
export function ProbeTable({ pick: { pointId, cellId, place }, values }: Probed) {
  const text = place.map((value) => formatValue(value)).join('; ');
  return (
    <section aria-label={words.picked}>
      <p>
        {words.point(String(pointId), text)} · {words.cell(String(cellId))}
      </p>
      {values.length > 0 && (
        <DataTable
          label={words.picked}
          rows={values}
          rowKey={keyOf}
          columns={[
            array,
            where,
            {
              title: words.columns.value,
              isNumber: true,
              cell: ({ values: found }) =>
                found
                  .map((value) => (Number.isFinite(value) ? formatValue(value) : words.noValue))
                  .join('; '),
            },
            unit,
          ]}
        />
      )}
    </section>
  );
}

/** The ranges of all arrays as text, for those who see no colours; read when it is opened. */
export function RangesTable({ client }: { client: MeshClient }) {
  const [state, setState] = useState<{ ranges?: readonly ArrayRange[]; error?: unknown }>({});
  const open = () => {
    if (!state.ranges) {
      client.ask({ kind: 'ranges' }).then(
        (ranges) => setState({ ranges }),
        (error: unknown) => setState({ error }),
      );
    }
  };
  return (
    <details onToggle={(event) => event.currentTarget.open && open()}>
      <summary>{words.rangesTitle}</summary>
      <p className="muted">{words.rangesText}</p>
      {state.error !== undefined && <ErrorState error={state.error} />}
      {!state.ranges && state.error === undefined && <Loading rows={3} />}
      {state.ranges && (
        <DataTable
          label={words.rangesTitle}
          rows={state.ranges}
          rowKey={keyOf}
          columns={[
            array,
            where,
            { title: words.columns.low, isNumber: true, cell: ({ range }) => valueText(range?.[0]) },
            { title: words.columns.high, isNumber: true, cell: ({ range }) => valueText(range?.[1]) },
            unit,
          ]}
        />
      )}
    </details>
  );
}

function valueText(value: number | undefined): string {
  return value === undefined ? words.noValue : formatValue(value);
}
