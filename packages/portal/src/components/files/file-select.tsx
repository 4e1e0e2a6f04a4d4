import { Select } from '@mantine/core';
import { useMemo, useState } from 'react';
import { formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import { MOST_OFFERED, offeredNames } from './offered-names.ts';

interface FileSelectProps {
  label: string;
  /** May be very many. */
  names: readonly string[];
  value: string | null;
  /** Null for none any more. */
  onChoose: (name: string | null) => void;
}

/** One of the files of a run, chosen from a list in which one can search. */
export function FileSelect({ label, names, value, onChoose }: FileSelectProps) {
  const text = words.files.select;
  const [typed, setTyped] = useState(value ?? '');
  const offered = useMemo(() => offeredNames(names, typed, value), [names, typed, value]);
  return (
    <Select
      label={label}
      size="xs"
      searchable
      clearable={value !== null}
      clearButtonProps={{ 'aria-label': text.clear }}
      placeholder={names.length > MOST_OFFERED ? text.search(formatCount(names.length)) : text.none}
      nothingFoundMessage={text.nothing}
      data={offered}
      filter={({ options }) => options}
      value={value}
      onChange={(name) => {
        onChoose(name);
        if (value === null) {
          // Where one after the other is chosen, the next is looked for.
          setTyped('');
        }
      }}
      searchValue={typed}
      onSearchChange={setTyped}
      comboboxProps={{ withinPortal: true }}
    />
  );
}
