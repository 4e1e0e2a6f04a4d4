import type { JobTemplate, JobTemplateSummary, JobTemplateVersion } from '@quarry/contract';
import type { TemplateSummary, TemplateVersion } from '../../db/queries/job-templates.ts';
import { readForm } from '../../job-templates/read-form.ts';

export function templateSummaryToWire(row: TemplateSummary): JobTemplateSummary {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    projectId: row.project_id,
    projectName: row.project_name,
    version: row.version,
    isArchived: row.is_archived === 1,
    mayChange: Boolean(row.may_change),
    author: row.author,
    dateInserted: row.date_inserted,
    dateVersion: row.date_version,
  };
}

export function templateToWire(row: TemplateVersion): JobTemplate {
  return { ...templateSummaryToWire(row), latestVersion: row.latest_version, ...readForm(row) };
}

export function templateVersionToWire(row: {
  version: number;
  name: string;
  author: string;
  date_inserted: string;
}): JobTemplateVersion {
  return { version: row.version, name: row.name, author: row.author, dateInserted: row.date_inserted };
}
