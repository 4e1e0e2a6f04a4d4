import { Button, CloseButton, NativeSelect, TextInput } from '@mantine/core';
import type { OptimizerDefinition } from '@quarry/sdk';
import { words } from '../../../words/words.ts';
import { type Document, isObject, read } from '../document.ts';
import { type FieldsProps, listAt, textAt } from '../fields.ts';
import type { SettingField } from './generators.ts';
import { FIELD_ORDER, SettingInput } from './setting-input.tsx';
import styles from './variables.module.css';

const NUMBERS: readonly SettingField[] = [
  { key: 'maxRuns', kind: 'number', isOptional: true },
  { key: 'target', kind: 'number', isOptional: true },
  { key: 'tolerance', kind: 'number', isOptional: true },
  { key: 'patience', kind: 'number', isOptional: true },
];
const METHODS = ['direct', 'nelder-mead'] as const satisfies OptimizerDefinition['method'][];
const GOALS = ['minimize', 'maximize'] as const;
const BOUNDS = ['min', 'max'] as const;

export const NEW_OPTIMIZER: Document = {
  method: 'direct',
  objective: { name: '', goal: 'minimize' },
  constraints: [],
  maxRuns: 100,
};

/** What searches for the best values, and what is best. */
export function OptimizerFields({ job, errorOf }: Pick<FieldsProps, 'job' | 'errorOf'>) {
  const text = words.variables.optimizer;
  const constraints = listAt(job.document, ['optimizer', 'constraints']).filter(isObject);
  return (
    <fieldset className={styles.sample}>
      <legend>{text.title}</legend>
      <p className="muted">{text.help}</p>
      <div className={styles.fields}>
        <TextInput
          label={text.objective}
          description={text.objectiveHelp}
          inputWrapperOrder={FIELD_ORDER}
          value={textAt(job.document, ['optimizer', 'objective', 'name'])}
          onChange={(event) => job.set(['optimizer', 'objective', 'name'], event.currentTarget.value)}
          error={errorOf(['optimizer', 'objective', 'name']) ?? errorOf(['optimizer', 'objective'])}
        />
        <NativeSelect
          label={text.goal}
          value={textAt(job.document, ['optimizer', 'objective', 'goal']) || 'minimize'}
          onChange={(event) => job.set(['optimizer', 'objective', 'goal'], event.currentTarget.value)}
          data={GOALS.map((goal) => ({ value: goal, label: text.goals[goal] }))}
        />
        <NativeSelect
          label={text.method}
          value={textAt(job.document, ['optimizer', 'method']) || 'direct'}
          onChange={(event) => job.set(['optimizer', 'method'], event.currentTarget.value)}
          data={METHODS.map((method) => ({ value: method, label: text.methods[method] }))}
          error={errorOf(['optimizer', 'method'])}
        />
        {NUMBERS.map((field) => (
          <SettingInput
            key={field.key}
            field={field}
            value={read(job.document, ['optimizer', field.key])}
            error={errorOf(['optimizer', field.key])}
            onChange={(value) => job.set(['optimizer', field.key], value)}
          />
        ))}
      </div>
      <h3>{text.constraints}</h3>
      {constraints.map((constraint, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a constraint is known by its place
        <div key={index} className={styles.constraint}>
          <div className={styles.fields}>
            <TextInput
              label={text.constraint}
              value={typeof constraint.name === 'string' ? constraint.name : ''}
              onChange={(event) =>
                job.set(['optimizer', 'constraints', index, 'name'], event.currentTarget.value)
              }
              error={errorOf(['optimizer', 'constraints', index, 'name'])}
            />
            {BOUNDS.map((bound) => (
              <SettingInput
                key={bound}
                field={{ key: bound, kind: 'number', isOptional: true }}
                value={constraint[bound]}
                onChange={(value) => job.set(['optimizer', 'constraints', index, bound], value)}
                error={errorOf(['optimizer', 'constraints', index, bound])}
              />
            ))}
          </div>
          <CloseButton
            className={styles.remove}
            aria-label={text.removeConstraint(String(constraint.name ?? ''))}
            onClick={() => job.set(['optimizer', 'constraints', index], undefined)}
          />
        </div>
      ))}
      <div>
        <Button
          size="compact-sm"
          onClick={() => job.set(['optimizer', 'constraints', constraints.length], { name: '' })}
        >
          {text.addConstraint}
        </Button>
      </div>
    </fieldset>
  );
}
