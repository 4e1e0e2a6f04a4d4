import { Name } from '../../../ui/name.tsx';
import { words } from '../../../words/words.ts';
import type { Json } from '../document.ts';
import { GENERATORS, type SettingField } from './generators.ts';
import { SettingInput } from './setting-input.tsx';
import styles from './variables.module.css';
import {
  keyOfSetting,
  nameOfVariable,
  type Sample,
  settingOf,
  sharedSetting,
  type Variable,
} from './variables.ts';

interface SampleCardProps {
  sample: Sample;
  variables: readonly Variable[];
  /** How often random variables are drawn, which the job says. */
  iterations: Json | undefined;
  errorOf: (path: (string | number)[]) => string | null;
  onShared: (key: string, value: Json | undefined) => void;
  onIterations: (value: Json | undefined) => void;
}

const ITERATIONS: SettingField = { key: 'iterations', kind: 'number' };

/** Variables that vary together, and what they share. */
export function SampleCard({
  sample,
  variables,
  iterations,
  errorOf,
  onShared,
  onIterations,
}: SampleCardProps) {
  const text = words.variables;
  const names = sample.members.map((index) => nameOfVariable(variables[index]!)).join(', ');
  const { shared, sample: name } = GENERATORS[sample.generator];
  const isRandom = name === 'random';
  const title = isRandom
    ? text.drawnTogether(names)
    : text.sampleOf(text.generators[sample.generator].name, names);
  const errorOfShared = (key: string) =>
    sample.members
      .map((index) =>
        errorOf(['jobvariables', index, 'valueGeneratorSettings', keyOfSetting(variables[index]!, key)]),
      )
      .find((error) => error !== null) ?? null;
  if (shared.length === 0 && !isRandom) {
    return null;
  }
  return (
    <fieldset className={styles.sample}>
      <legend>
        <Name>{title}</Name>
      </legend>
      <div className={styles.fields}>
        {isRandom && (
          <SettingInput
            field={ITERATIONS}
            value={iterations ?? sharedSetting(variables, sample, 'count')}
            error={errorOf(['monteCarloIterations']) ?? errorOfShared('count')}
            onChange={onIterations}
          />
        )}
        {shared.map((field) => (
          <SettingInput
            key={field.key}
            field={field}
            value={sample.members
              .map((index) => settingOf(variables[index]!, field.key))
              .find((value) => value !== undefined)}
            error={errorOfShared(field.key)}
            onChange={(value) => onShared(field.key, value)}
          />
        ))}
      </div>
    </fieldset>
  );
}
