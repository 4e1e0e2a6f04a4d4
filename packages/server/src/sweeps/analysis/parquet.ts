import type { SchemaElement } from 'hyparquet-writer';
import type { Cell, SweepTable, TableColumn } from './table.ts';

/** Rows of a group: a group is held in memory, and encoding it holds up other requests. */
const ROWS_OF_A_GROUP = 2500;

/** The table as a Parquet file, group by group. Numbers are DOUBLE, counts INT64, dates TIMESTAMP in UTC. */
export async function* writeParquet(table: SweepTable): AsyncGenerator<Uint8Array> {
  const { columns } = table;
  // Loaded by the first who asks for it: most servers never write Parquet.
  const { ByteWriter, ParquetWriter } = await import('hyparquet-writer');
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({
    writer: bytes,
    schema: [{ name: 'root', num_children: columns.length }, ...columns.map(schemaOf)],
    createdBy: 'quarry',
  });
  const takeBytes = () => {
    const taken = bytes.getBytes().slice();
    bytes.index = 0;
    return taken;
  };
  const writeGroup = (rows: readonly Cell[][]) => {
    const columnData = columns.map((column, index) => ({
      name: column.name,
      data: rows.map((cells) => toParquet(column.holds, cells[index]!)),
    }));
    writer.write({ columnData, rowGroupSize: rows.length });
    return takeBytes();
  };

  let group: Cell[][] = [];
  for await (const rows of table.rows()) {
    group.push(...rows);
    if (group.length < ROWS_OF_A_GROUP) {
      continue;
    }
    yield writeGroup(group);
    group = [];
  }
  if (group.length > 0) {
    yield writeGroup(group);
  }
  writer.finish();
  yield takeBytes();
}

function schemaOf({ name, holds }: TableColumn): SchemaElement {
  const element = { name, repetition_type: 'OPTIONAL' } as const;
  switch (holds) {
    case 'integer':
      return { ...element, type: 'INT64' };
    case 'double':
      return { ...element, type: 'DOUBLE' };
    case 'boolean':
      return { ...element, type: 'BOOLEAN' };
    case 'text':
      return { ...element, type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } };
    case 'date':
      return {
        ...element,
        type: 'INT64',
        converted_type: 'TIMESTAMP_MICROS',
        logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
      };
  }
}

function toParquet(holds: TableColumn['holds'], cell: Cell): Cell | bigint {
  if (cell === null) {
    return null;
  }
  if (holds === 'integer') {
    return BigInt(cell);
  }
  if (holds === 'date') {
    return microseconds(String(cell));
  }
  return cell;
}

/** Microseconds since 1970 of a date with up to six digits behind the second. */
function microseconds(date: string): bigint {
  const digits = /\.(\d+)/.exec(date)?.[1] ?? '';
  const seconds = Math.floor(Date.parse(date) / 1000);
  return BigInt(seconds) * 1_000_000n + BigInt(digits.padEnd(6, '0').slice(0, 6));
}
