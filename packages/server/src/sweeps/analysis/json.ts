import type { SweepTable } from './table.ts';

/** The table as one JSON object, without blanks between the tokens; `about` is what else it says of the table. */
export async function* writeJson(
  table: SweepTable,
  about: Record<string, string | boolean> = {},
): AsyncGenerator<string> {
  const columns = table.columns.map(({ name, kind, type }) => ({ name, kind, type }));
  yield `${JSON.stringify({ columns, ...about }).slice(0, -1)},"rows":[`;
  let isFirst = true;
  for await (const rows of table.rows()) {
    const text = JSON.stringify(rows).slice(1, -1);
    yield isFirst ? text : `,${text}`;
    isFirst = false;
  }
  yield ']}';
}
