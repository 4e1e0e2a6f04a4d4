import type { SweepTable } from './table.ts';

/** The table as one JSON object, without blanks between the tokens. */
export async function* writeJson(table: SweepTable): AsyncGenerator<string> {
  const columns = table.columns.map(({ name, kind, type }) => ({ name, kind, type }));
  yield `{"columns":${JSON.stringify(columns)},"rows":[`;
  let isFirst = true;
  for await (const rows of table.rows()) {
    const text = JSON.stringify(rows).slice(1, -1);
    yield isFirst ? text : `,${text}`;
    isFirst = false;
  }
  yield ']}';
}
