import { NativeSelect } from '@mantine/core';
import { formatCount } from '../../../words/numbers.ts';
import { words } from '../../../words/words.ts';
import { countAtStart, GENERATORS, type GeneratorName, PURPOSES } from './generators.ts';
import { designable, generatorOf, type Variable } from './variables.ts';

interface DesignChooserProps {
  variables: readonly Variable[];
  onChoose: (generator: GeneratorName) => void;
}

/** One design for all variables that can be part of one, by what it is for, with how many runs it begins with. */
export function DesignChooser({ variables, onChoose }: DesignChooserProps) {
  const text = words.variables;
  const places = designable(variables);
  if (places.length < 2) {
    return null;
  }
  const generators = new Set(places.map((index) => generatorOf(variables[index]!)));
  const [only] = generators;
  const labelOf = (generator: GeneratorName) => {
    const { name } = text.generators[generator];
    const count = countAtStart(generator, places.length);
    return count === null ? name : text.designRuns(name, formatCount(count));
  };
  const names = Object.keys(GENERATORS) as GeneratorName[];
  return (
    <NativeSelect
      label={text.designLabel}
      value={generators.size === 1 ? (only ?? '') : ''}
      onChange={(event) => {
        const chosen = names.find((name) => name === event.currentTarget.value);
        if (chosen !== undefined) {
          onChoose(chosen);
        }
      }}
      data={[
        ...(generators.size === 1 ? [] : [{ value: '', label: text.designNone }]),
        ...PURPOSES.map((purpose) => ({
          group: text.purposes[purpose],
          items: names
            .filter((name) => GENERATORS[name].purpose === purpose && name !== 'Values')
            .map((name) => ({ value: name, label: labelOf(name) })),
        })),
      ]}
    />
  );
}
