import { Button, Checkbox } from '@mantine/core';
import type { RefObject } from 'react';
import { Chip } from '../../ui/chip.tsx';
import { SearchField } from '../../ui/search-field.tsx';
import { formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import { ProjectChip } from '../projects/project-chip.tsx';
import styles from './job-filters-bar.module.css';
import { LIST_STATES, type ListState, type ListView } from './job-list-filters.ts';

interface JobFiltersBarProps {
  view: ListView;
  /** Jobs of each state; null while nobody has told. */
  counts: Readonly<Record<ListState, number>> | null;
  searchRef: RefObject<HTMLInputElement | null>;
  onChange: (changes: Record<string, string | undefined>) => void;
}

/** Which jobs are listed; each choice is in the address. */
export function JobFiltersBar({ view, counts, searchRef, onChange }: JobFiltersBarProps) {
  const { filters: text } = words.jobs;

  return (
    <search className={styles.bar} aria-label={text.label}>
      <SearchField
        ref={searchRef}
        className={styles.search}
        label={text.search}
        value={view.text}
        onSearch={(q) => onChange({ q: q === '' ? undefined : q })}
      />
      <fieldset className={styles.states}>
        <legend className="visually-hidden">{words.jobs.columns.state}</legend>
        {LIST_STATES.map((state) => (
          <Button
            key={state}
            size="compact-sm"
            variant={view.state === state ? 'light' : 'default'}
            aria-pressed={view.state === state}
            onClick={() => onChange({ state: state === 'all' ? undefined : state })}
          >
            {text[state]}
            {counts !== null && <span className={styles.count}>{formatCount(counts[state])}</span>}
          </Button>
        ))}
      </fieldset>
      <Checkbox
        size="sm"
        label={text.mine}
        checked={view.isMine}
        onChange={(event) => onChange({ mine: event.currentTarget.checked ? '1' : undefined })}
      />
      {view.tag !== '' && (
        <Chip removeLabel={text.removeTag(view.tag)} onRemove={() => onChange({ tag: undefined })}>
          {text.tag(view.tag)}
        </Chip>
      )}
      {view.project !== '' && (
        <ProjectChip projectId={view.project} onRemove={() => onChange({ project: undefined })} />
      )}
    </search>
  );
}
