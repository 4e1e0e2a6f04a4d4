import { Button, Checkbox } from '@mantine/core';
import { Panel } from '../../../ui/panel.tsx';
import { words } from '../../../words/words.ts';
import { isObject, type Json, read } from '../document.ts';
import { TABLE_FIELDS, type TableField } from '../drafts.ts';
import { type FieldsProps, listAt } from '../fields.ts';
import formStyles from '../job-form.module.css';
import type { JobUploads } from '../use-job-uploads.ts';
import type { Preview } from '../use-preview.ts';
import { DesignChooser } from './design-chooser.tsx';
import { GENERATORS, type GeneratorName } from './generators.ts';
import { NEW_OPTIMIZER, OptimizerFields } from './optimizer-fields.tsx';
import { Points } from './points.tsx';
import { SampleCard } from './sample-card.tsx';
import { EMPTY_TABLE, TableSource } from './table-source.tsx';
import { VariableCard } from './variable-card.tsx';
import styles from './variables.module.css';
import {
  generatorOf,
  isInput,
  nameOfVariable,
  needsSeeds,
  newVariable,
  samplesOf,
  settingOf,
  type Variable,
  withDesign,
  withGenerator,
  withOptimizer,
  withoutVariable,
  withSeeds,
  withSetting,
  withSharedSetting,
} from './variables.ts';

const DRAWS = 20;

interface VariablesPanelProps extends Pick<FieldsProps, 'job' | 'errorOf'> {
  uploads: JobUploads;
  preview: Preview;
  /** Names that the templates ask for, as far as they have been read. */
  named: readonly string[];
}

/** What varies between runs: values one after the other, samples and designs, tables, or what an optimizer chooses. */
export function VariablesPanel({ job, errorOf, uploads, preview, named }: VariablesPanelProps) {
  const text = words.variables;
  const all = listAt(job.document, ['jobvariables']).filter(isObject);
  const iterations = read(job.document, ['monteCarloIterations']);
  const isOptimized = isObject(read(job.document, ['optimizer']));
  const hasTable = (field: TableField) =>
    job.tables[field] !== undefined ||
    isObject(read(job.document, [field])) ||
    uploads.under.some(({ use }) => use === field);
  const hasNominal = read(job.document, ['includeNominalRun']) === true;
  // Of a column of a table there is nothing to say but its nominal value.
  const isToldByTable = (variable: Variable) =>
    !hasNominal && TABLE_FIELDS.some(hasTable) && generatorOf(variable) === null;
  const inputs = all.flatMap((variable, index) =>
    isInput(variable) && (variable.variableType === 'Design' || !isToldByTable(variable))
      ? [{ variable, index }]
      : [],
  );
  const change = (next: readonly Variable[]) => {
    job.set(['jobvariables'], next.length === 0 ? undefined : [...next]);
    keepDraws(next);
  };
  /** Random variables are drawn as often as the job says, which others know nothing of. */
  const keepDraws = (next: readonly Variable[]) => {
    const random = samplesOf(next).find(({ generator }) => GENERATORS[generator].sample === 'random');
    const isSaid = random?.members.some((index) => settingOf(next[index]!, 'count') !== undefined) === true;
    if (random === undefined) {
      job.set(['monteCarloIterations'], undefined);
    } else if (typeof iterations !== 'number' && !isSaid) {
      job.set(['monteCarloIterations'], DRAWS);
    }
  };
  const setIterations = (value: Json | undefined) => {
    job.set(
      ['jobvariables'],
      all.map((variable) => (isRandom(variable) ? withSetting(variable, 'count', undefined) : variable)),
    );
    job.set(['monteCarloIterations'], value);
  };
  const add = (name?: string) =>
    change(
      isOptimized ? withOptimizer([...all, newVariable(all, name)], true) : [...all, newVariable(all, name)],
    );
  const known = new Set([...all.map(nameOfVariable), ...(preview.found?.variables ?? [])]);
  const offered = named.filter((name) => !known.has(name));
  const unused = new Set(preview.found?.unused ?? []);
  const varies = inputs.length > 0 || isOptimized || TABLE_FIELDS.some(hasTable);
  const listError = errorOf(['jobvariables']);

  return (
    <Panel title={text.title}>
      <div className={formStyles.fields}>
        <p className="muted">{text.lead}</p>
        {offered.length > 0 && (
          <div className={styles.choices}>
            <span>{text.offered}</span>
            {offered.map((name) => (
              <Button key={name} size="compact-sm" onClick={() => add(name)}>
                {text.addNamed(name)}
              </Button>
            ))}
          </div>
        )}
        {!isOptimized && (
          <DesignChooser variables={all} onChoose={(generator) => change(withDesign(all, generator))} />
        )}
        {inputs.map(({ variable, index }) => (
          <VariableCard
            // A variable is known by its place while its name is typed.
            key={index}
            variable={variable}
            note={unused.has(nameOfVariable(variable)) ? text.unused : null}
            hasNominal={hasNominal}
            errorOf={(...path) => errorOf(['jobvariables', index, ...path])}
            onRename={(name) => job.set(['jobvariables', index, 'name'], name)}
            onGenerator={(generator: GeneratorName) => change(withGenerator(all, index, generator))}
            onSetting={(key, value) => job.set(['jobvariables', index], withSetting(variable, key, value))}
            onRemove={() => change(withoutVariable(all, index))}
          />
        ))}
        {samplesOf(all).map((sample) => (
          <SampleCard
            key={sample.generator}
            sample={sample}
            variables={all}
            iterations={iterations ?? undefined}
            errorOf={errorOf}
            onShared={(key, value) => job.set(['jobvariables'], withSharedSetting(all, sample, key, value))}
            onIterations={setIterations}
          />
        ))}
        {needsSeeds(all) && (
          <p>
            {text.noSeeds}{' '}
            <Button size="compact-sm" onClick={() => change(withSeeds(all, false))}>
              {text.drawSeeds}
            </Button>
          </p>
        )}
        {TABLE_FIELDS.filter(hasTable).map((field) => (
          <TableSource key={field} field={field} job={job} errorOf={errorOf} uploads={uploads} />
        ))}
        {isOptimized && <OptimizerFields job={job} errorOf={errorOf} />}
        {listError !== null && <p className={styles.error}>{listError}</p>}
        <div className={styles.choices}>
          <Button size="compact-sm" onClick={() => add()}>
            {text.add}
          </Button>
          {!isOptimized &&
            TABLE_FIELDS.filter((field) => !hasTable(field)).map((field) => (
              <Button key={field} size="compact-sm" onClick={() => job.setTable(field, EMPTY_TABLE)}>
                {field === 'paramFile' ? text.addTable : text.addCases}
              </Button>
            ))}
          <Button
            size="compact-sm"
            onClick={() => {
              change(withOptimizer(all.length === 0 ? [newVariable(all)] : all, !isOptimized));
              job.set(['optimizer'], isOptimized ? undefined : NEW_OPTIMIZER);
            }}
          >
            {isOptimized ? text.noOptimizer : text.optimize}
          </Button>
          {samplesOf(all).length > 0 && !needsSeeds(all) && (
            <Button size="compact-sm" onClick={() => change(withSeeds(all, true))}>
              {text.drawAnew}
            </Button>
          )}
        </div>
        {varies && !isOptimized && (
          <Checkbox
            label={text.nominal}
            checked={hasNominal}
            onChange={(event) => job.set(['includeNominalRun'], event.currentTarget.checked || undefined)}
            error={errorOf(['includeNominalRun'])}
          />
        )}
        {varies && preview.found && <Points preview={preview.found} />}
      </div>
    </Panel>
  );
}

function isRandom(variable: Variable): boolean {
  const generator = generatorOf(variable);
  return generator !== null && GENERATORS[generator].sample === 'random';
}
