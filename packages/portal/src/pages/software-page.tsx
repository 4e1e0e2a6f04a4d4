import { TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { softwareQuery } from '../api/queries.ts';
import { paths } from '../paths.ts';
import { DataTable } from '../ui/data-table.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Link } from '../ui/link.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Page } from '../ui/page.tsx';
import { useSearchState } from '../ui/use-search.ts';
import { words } from '../words/words.ts';

/** What jobs can use here. */
export function SoftwarePage() {
  const text = words.catalogue.software;
  const [{ q = '' }, change] = useSearchState();
  const query = useQuery(softwareQuery);
  // The address follows what is typed a moment later.
  const [typed, setTyped] = useState(q);
  const wanted = typed.toLowerCase();
  return (
    <Page title={text.title} lead={text.lead}>
      <search>
        <TextInput
          mb="md"
          maw={400}
          aria-label={text.search}
          placeholder={text.search}
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            change({ q: event.currentTarget.value });
          }}
        />
      </search>
      <Loaded query={query}>
        {(all) => {
          const found = all.filter(({ name, code, vendorName, category }) =>
            [name, code, vendorName, category].some((field) => field.toLowerCase().includes(wanted)),
          );
          return found.length === 0 ? (
            <EmptyState title={text.none} />
          ) : (
            <DataTable
              label={text.title}
              rows={found}
              rowKey={({ code }) => code}
              columns={[
                {
                  title: text.columns.name,
                  cell: ({ code, name }) => <Link to={paths.softwareOf(code)}>{name}</Link>,
                },
                { title: text.columns.code, cell: ({ code }) => <span className="mono">{code}</span> },
                { title: text.columns.category, cell: ({ category }) => category },
                { title: text.columns.vendor, cell: ({ vendorName }) => vendorName },
                {
                  title: text.columns.versions,
                  cell: ({ versions }) => versions.map(({ version }) => version).join(', '),
                },
              ]}
            />
          );
        }}
      </Loaded>
    </Page>
  );
}
