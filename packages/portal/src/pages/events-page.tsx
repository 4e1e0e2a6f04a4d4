import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import type { LoggedEvent } from '@quarry/sdk';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { loggedEventsQuery } from '../api/keeper-queries.ts';
import { AdminFrame, forAdministrators } from '../components/admin/admin-frame.tsx';
import { describeDetail, EVENT_FILTERS, filtersOf } from '../components/admin/event-filters.ts';
import { paths } from '../paths.ts';
import { DataTable } from '../ui/data-table.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import styles from '../ui/layout.module.css';
import { Link } from '../ui/link.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { MoreButton } from '../ui/more-button.tsx';
import { Name } from '../ui/name.tsx';
import { Moment } from '../ui/time.tsx';
import { useSearchState } from '../ui/use-search.ts';
import { words } from '../words/words.ts';

const TYPING_MS = 300;

/** Who did what on this platform. */
export const EventsPage = forAdministrators(() => {
  const text = words.keeper.events;
  const [search, change] = useSearchState();
  const query = useInfiniteQuery(loggedEventsQuery(filtersOf(search)));
  const isFiltered = EVENT_FILTERS.some((name) => search[name]);
  const verbs = Object.entries(text.verbs).map(([value, label]) => ({ value, label }));
  return (
    <AdminFrame title={text.title} lead={text.lead}>
      <search className={styles.filters} aria-label={text.filters}>
        <TypedFilter name="actor" label={text.actor} placeholder={text.actorPlaceholder} />
        <TypedFilter name="subject" label={text.subject} placeholder={text.subjectPlaceholder} />
        <NativeSelect
          label={text.verb}
          value={search.verb ?? ''}
          data={[{ value: '', label: text.any }, ...verbs]}
          onChange={(event) => change({ verb: event.currentTarget.value || undefined })}
        />
        {(['since', 'until'] as const).map((name) => (
          <TextInput
            key={name}
            type="date"
            label={text[name]}
            value={search[name] ?? ''}
            onChange={(event) => change({ [name]: event.currentTarget.value || undefined })}
          />
        ))}
      </search>
      <Loaded query={query}>
        {({ pages }) => {
          const events = pages.flatMap(({ results }) => results);
          return events.length === 0 ? (
            <EmptyState title={isFiltered ? text.noneMatch : text.empty}>
              {isFiltered && (
                <Button
                  onClick={() => change(Object.fromEntries(EVENT_FILTERS.map((name) => [name, undefined])))}
                >
                  {text.clear}
                </Button>
              )}
            </EmptyState>
          ) : (
            <DataTable
              label={text.title}
              rows={events}
              rowKey={({ id }) => id}
              columns={[
                { title: text.columns.when, cell: ({ date }) => <Moment date={date} /> },
                {
                  title: text.columns.who,
                  cell: ({ actor }) =>
                    actor === null ? (
                      <span className="muted">{text.platform}</span>
                    ) : (
                      <Name>{actor.email || actor.id}</Name>
                    ),
                },
                {
                  title: text.columns.what,
                  cell: ({ verb }) => <strong>{text.verbs[verb as keyof typeof text.verbs] ?? verb}</strong>,
                },
                { title: text.columns.subject, cell: ({ subject }) => <Subject {...subject} /> },
                {
                  title: text.columns.detail,
                  cell: ({ detail }) => <Name className={styles.detail}>{describeDetail(detail)}</Name>,
                },
              ]}
            />
          );
        }}
      </Loaded>
      <MoreButton mt="md" query={query}>
        {text.more}
      </MoreButton>
    </AdminFrame>
  );
});

interface TypedFilterProps {
  name: 'actor' | 'subject';
  label: string;
  placeholder: string;
}

/** A filter that is typed: it counts when nobody has typed for a moment. */
function TypedFilter({ name, label, placeholder }: TypedFilterProps) {
  const [search, change] = useSearchState();
  const value = search[name] ?? '';
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  const choose = useDebouncedCallback(
    (text: string) => change({ [name]: text.trim() || undefined }),
    TYPING_MS,
  );
  return (
    <TextInput
      label={label}
      placeholder={placeholder}
      value={typed}
      maxLength={255}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        choose(event.currentTarget.value);
      }}
    />
  );
}

function Subject({ type, id }: LoggedEvent['subject']) {
  const to = id === null ? null : type === 'job' ? paths.job(id) : type === 'file' ? paths.file(id) : null;
  return (
    <>
      {type}{' '}
      {to === null ? (
        <Name className={`mono ${styles.detail}`}>{id}</Name>
      ) : (
        <Link to={to} className="mono">
          {id}
        </Link>
      )}
    </>
  );
}
