import { Button } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { fileQuery, fileTextQuery } from '../../../api/queries.ts';
import { quarry } from '../../../api/sdk.ts';
import { DropZone } from '../../../components/files/drop-zone.tsx';
import { ErrorState } from '../../../ui/error-state.tsx';
import { Name } from '../../../ui/name.tsx';
import { formatCount } from '../../../words/numbers.ts';
import { words } from '../../../words/words.ts';
import { isObject } from '../document.ts';
import type { TableField } from '../drafts.ts';
import { type FieldsProps, listAt, textAt } from '../fields.ts';
import { PendingInput } from '../input-fields.tsx';
import type { JobUploads } from '../use-job-uploads.ts';
import { problemOf, readTable, rereadTable, type Table, writeTable } from './csv.ts';
import { TableGrid } from './table-grid.tsx';
import styles from './variables.module.css';
import { withoutColumns } from './variables.ts';

/** What is changed here; larger ones are uploaded as they are. */
const MAX_GRID_BYTES = 256 * 1024;
const MAX_GRID_ROWS = 200;
const NAMES: Readonly<Record<TableField, string>> = {
  paramFile: 'parameters.csv',
  caseFile: 'cases.csv',
};
/** What a table is before anything is typed. */
export const EMPTY_TABLE = 'x,y\n,\n,\n';

interface TableSourceProps extends Pick<FieldsProps, 'job' | 'errorOf'> {
  field: TableField;
  uploads: JobUploads;
}

/** A table whose rows are the values of runs: dropped, pasted or typed. */
export function TableSource({ field, job, errorOf, uploads }: TableSourceProps) {
  const text = words.variables.table;
  const id = textAt(job.document, [field, 'id']);
  const file = useQuery({ ...fileQuery(id), enabled: id !== '' });
  const isSmall = (file.data?.decryptedSize ?? Number.POSITIVE_INFINITY) <= MAX_GRID_BYTES;
  const stored = useQuery({ ...fileTextQuery(id), enabled: id !== '' && isSmall });
  const changed = job.tables[field];
  const rows = changed !== undefined ? rereadTable(changed) : stored.data && readTable(stored.data).rows;
  const problem = changed !== undefined && rows ? problemOf(rows) : null;
  const title = field === 'paramFile' ? text.parameters : text.cases;
  const error = errorOf([field]) ?? errorOf([field, 'id']);

  const use = useMutation({
    mutationFn: async ({ rows }: { rows: string; typed: string }) =>
      await quarry.files.upload(new File([rows], NAMES[field])),
    onSuccess: ({ id: fileId }, { typed }) => {
      job.set([field], { id: fileId });
      // What was typed while it was on its way is not in the file.
      if (changed === typed) {
        job.setTable(field, null);
      }
    },
  });
  const take = async (files: Iterable<File>) => {
    const [dropped] = files;
    if (dropped === undefined) {
      return;
    }
    const table = dropped.size <= MAX_GRID_BYTES ? readTable(await dropped.text()) : null;
    if (table !== null && table.problem?.kind !== 'quotes') {
      job.setTable(field, writeTable(table.rows));
    } else {
      uploads.begin({ tile: 0, use: field }, [dropped]);
      job.setTable(field, null);
    }
  };
  const remove = () => {
    const variables = listAt(job.document, ['jobvariables']).filter(isObject);
    const left = withoutColumns(variables, field === 'paramFile' ? 'Param' : 'Case');
    job.set(['jobvariables'], left.length === 0 ? undefined : left);
    job.set([field], undefined);
    job.setTable(field, null);
    for (const upload of uploads.under.filter(({ use: what }) => what === field)) {
      uploads.giveUp(upload);
    }
  };
  return (
    <fieldset className={styles.sample}>
      <legend>{title}</legend>
      <p className="muted">{text.help}</p>
      <DropZone label={text.drop} onFiles={(files) => void take(files)} />
      {uploads.under
        .filter((upload) => upload.use === field)
        .map((upload) => (
          <PendingInput key={upload.key} upload={upload} onRemove={() => uploads.giveUp(upload)} />
        ))}
      {id !== '' && (
        <p>
          <Name>{file.data?.name ?? id}</Name>{' '}
          {rows && changed === undefined && (
            <span className="muted">
              {text.rows(formatCount(rows.length - 1), formatCount(rows[0]?.length ?? 0))}
            </span>
          )}
        </p>
      )}
      {rows && rows.length <= MAX_GRID_ROWS + 1 && (
        <TableGrid
          label={title}
          rows={rows}
          onChange={(next: Table) => job.setTable(field, writeTable(next))}
          onPaste={(pasted) => readTable(pasted).rows}
        />
      )}
      {rows && rows.length > MAX_GRID_ROWS + 1 && (
        <p className="muted">{text.tooLarge(formatCount(MAX_GRID_ROWS))}</p>
      )}
      {problem !== null && (
        <p className={styles.error}>
          {problem.kind === 'uneven'
            ? text.problems.uneven(formatCount(problem.row ?? 0))
            : text.problems[problem.kind]}
        </p>
      )}
      {error !== null && <p className={styles.error}>{error}</p>}
      {use.error && <ErrorState error={use.error} />}
      <div className={styles.choices}>
        {changed !== undefined && rows && problem === null && (
          <Button
            variant="filled"
            loading={use.isPending}
            onClick={() => use.mutate({ rows: writeTable(rows), typed: changed })}
          >
            {text.use}
          </Button>
        )}
        {changed !== undefined && id !== '' && (
          <Button onClick={() => job.setTable(field, null)}>{text.discard}</Button>
        )}
        <Button onClick={remove}>{text.remove}</Button>
      </div>
    </fieldset>
  );
}
