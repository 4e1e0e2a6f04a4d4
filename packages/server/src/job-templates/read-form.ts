import { type ParsedTemplateField, templateFields } from '@quarry/contract';
import type { JobTemplateVersionRow } from '../db/tables.ts';

export interface StoredForm {
  fields: ParsedTemplateField[];
  definition: Record<string, unknown>;
}

/** A stored form: what its fields did not have in the version of the platform that wrote them, they have by default. */
export function readForm(row: Pick<JobTemplateVersionRow, 'fields' | 'definition'>): StoredForm {
  return {
    fields: templateFields.parse(JSON.parse(row.fields)),
    definition: JSON.parse(row.definition) as Record<string, unknown>,
  };
}
