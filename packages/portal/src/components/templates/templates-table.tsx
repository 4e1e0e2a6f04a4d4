import type { JobTemplateSummary } from '@quarry/sdk';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { type TemplateFilters, templatesQuery } from '../../api/queries.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { Link } from '../../ui/link.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { MoreButton } from '../../ui/more-button.tsx';
import { Name } from '../../ui/name.tsx';
import type { Search } from '../../ui/search.ts';
import { Age } from '../../ui/time.tsx';
import { formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';

interface TemplatesTableProps {
  label: string;
  filters: TemplateFilters;
  /** Where the name of a template leads. */
  linkOf: (template: JobTemplateSummary) => { to: string; search: Search };
  /** In place of a list without rows. */
  empty: ReactNode;
}

/** Job templates that somebody may use, by name. */
export function TemplatesTable({ label, filters, linkOf, empty }: TemplatesTableProps) {
  const text = words.templates;
  const query = useInfiniteQuery(templatesQuery(filters));
  const templates = query.data?.pages.flatMap(({ results }) => results) ?? [];
  return (
    <>
      <Loaded query={query}>
        {() =>
          templates.length === 0 ? (
            empty
          ) : (
            <DataTable
              label={label}
              rows={templates}
              rowKey={({ id }) => id}
              columns={[
                {
                  title: text.columns.name,
                  cell: (template) => (
                    <Link {...linkOf(template)}>
                      <Name>{template.name}</Name>
                    </Link>
                  ),
                },
                {
                  title: text.columns.about,
                  cell: ({ description }) => <Name>{description.split('\n')[0]}</Name>,
                },
                {
                  title: text.columns.for,
                  cell: ({ projectName }) => <Name>{projectName ?? text.everybody}</Name>,
                },
                { title: text.columns.version, isNumber: true, cell: ({ version }) => formatCount(version) },
                { title: text.columns.author, cell: ({ author }) => <Name>{author}</Name> },
                { title: text.columns.changed, cell: ({ dateVersion }) => <Age date={dateVersion} /> },
              ]}
            />
          )
        }
      </Loaded>
      <MoreButton mt="md" query={query}>
        {text.more}
      </MoreButton>
    </>
  );
}
