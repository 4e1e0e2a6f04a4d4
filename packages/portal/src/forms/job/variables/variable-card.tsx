import { CloseButton, NativeSelect, TextInput } from '@mantine/core';
import { words } from '../../../words/words.ts';
import type { Json } from '../document.ts';
import {
  DESIGN_FIELDS,
  DISTRIBUTIONS,
  GENERATORS,
  type GeneratorName,
  PURPOSES,
  type SettingField,
} from './generators.ts';
import { SettingInput } from './setting-input.tsx';
import styles from './variables.module.css';
import {
  distributionOf,
  fieldsOf,
  generatorOf,
  keyOfSetting,
  nameOfVariable,
  settingOf,
  type Variable,
} from './variables.ts';

interface VariableCardProps {
  variable: Variable;
  /** What is to be known of it, such as that no template names it. */
  note: string | null;
  hasNominal: boolean;
  errorOf: (...path: (string | number)[]) => string | null;
  onRename: (name: string) => void;
  onGenerator: (generator: GeneratorName) => void;
  onSetting: (key: string, value: Json | undefined) => void;
  onRemove: () => void;
}

const NOMINAL: SettingField = { key: 'nominal', kind: 'number', isOptional: true };

/** A variable: its name, what makes its values, and what that is told. */
export function VariableCard(props: VariableCardProps) {
  const { variable, note, hasNominal, errorOf, onRename, onGenerator, onSetting, onRemove } = props;
  const text = words.variables;
  const name = nameOfVariable(variable);
  const generator = generatorOf(variable);
  const rule = generator === null ? null : GENERATORS[generator];
  const isDesign = variable.variableType === 'Design';
  const fields = isDesign ? DESIGN_FIELDS : fieldsOf(variable);
  const error =
    errorOf() ??
    errorOf('valueGeneratorType') ??
    errorOf('valueGeneratorSettings') ??
    errorOf('variableType');
  const input = (field: SettingField) => (
    <SettingInput
      key={field.key}
      field={field}
      value={settingOf(variable, field.key)}
      error={errorOf('valueGeneratorSettings', keyOfSetting(variable, field.key))}
      onChange={(value) => onSetting(field.key, value)}
    />
  );
  return (
    <fieldset className={styles.variable}>
      <legend className="visually-hidden">{text.variable(name)}</legend>
      <div className={styles.fields}>
        <TextInput
          label={text.name}
          value={name}
          spellCheck={false}
          onChange={(event) => onRename(event.currentTarget.value)}
          error={errorOf('name')}
          styles={{ input: { fontFamily: 'var(--mono)' } }}
        />
        {!isDesign && (
          <NativeSelect
            label={text.generator}
            value={generator ?? ''}
            onChange={(event) => onGenerator(event.currentTarget.value as GeneratorName)}
            data={[
              ...(generator === null ? [{ value: '', label: text.ofFile }] : []),
              ...PURPOSES.map((purpose) => ({
                group: text.purposes[purpose],
                items: namesFor(purpose).map((each) => ({ value: each, label: text.generators[each].name })),
              })),
            ]}
          />
        )}
        {rule?.hasDistribution && (
          <NativeSelect
            label={text.distribution}
            value={distributionOf(variable)}
            onChange={(event) => onSetting('distribution', event.currentTarget.value)}
            data={DISTRIBUTIONS.map((each) => ({ value: each, label: text.distributions[each] }))}
            error={errorOf('valueGeneratorSettings', 'distribution')}
          />
        )}
        {fields.map(input)}
        {hasNominal && !isDesign && input(NOMINAL)}
      </div>
      <CloseButton className={styles.remove} aria-label={text.remove(name)} onClick={onRemove} />
      {generator !== null && <p className="muted">{text.generators[generator].help}</p>}
      {note !== null && <p>{note}</p>}
      {error !== null && <p className={styles.error}>{error}</p>}
    </fieldset>
  );
}

function namesFor(purpose: (typeof PURPOSES)[number]): GeneratorName[] {
  return (Object.keys(GENERATORS) as GeneratorName[]).filter((each) => GENERATORS[each].purpose === purpose);
}
