import { BadRequestError, type JobPreview } from '@quarry/sdk';
import { ErrorState } from '../../ui/error-state.tsx';
import { Name } from '../../ui/name.tsx';
import { Panel } from '../../ui/panel.tsx';
import { formatCount, formatMoney, formatNumber } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import type { Document } from './document.ts';
import { numberAt } from './fields.ts';
import { roundsOf } from './rounds.ts';
import type { Preview } from './use-preview.ts';

/** What the document would become as a job: what it costs, how many runs it has, and what is wrong with it. */
export function Outlook({ preview, document }: { preview: Preview; document: Document }) {
  const text = words.newJob.outlook;
  const { isBegun, found, error, retry } = preview;
  const isRefused = error instanceof BadRequestError;
  return (
    <Panel title={text.title}>
      <section aria-label={text.title} aria-live="polite">
        {!isBegun && <p className="muted">{text.unfinished}</p>}
        {found && <Found preview={found} document={document} />}
        {isRefused && <Refused error={error} />}
      </section>
      {error !== null && !isRefused && <ErrorState error={error} onRetry={retry} />}
    </Panel>
  );
}

function Found({ preview, document }: { preview: JobPreview; document: Document }) {
  const text = words.newJob.outlook;
  const { estimate, runs, warnings } = preview;
  const { most, perHour, hours, isLongest, isDefault } = estimate;
  const slots = numberAt(document, ['jobanalyses', 0, 'hardware', 'slots']) ?? 1;
  return (
    <>
      <p>
        <strong>{formatMoney(most.amount, most.currency)}</strong> {text.most(formatNumber(hours))}
        {isLongest && `, ${text.longest}`}
        {isDefault && `, ${text.byDefault}`}
        {`; ${text.perHour(formatMoney(perHour.amount, perHour.currency))}`}
        <br />
        <span className="muted">{most.formula}</span>
      </p>
      {(isLongest || isDefault) && <p>{text.askForWalltime}</p>}
      <p>
        {runs.count === null ? text.optimized : text.runs(formatCount(runs.count), runs.count === 1)}
        {runs.factors.length > 0 &&
          `: ${runs.factors.map(({ variables, count }) => text.factor(variables.join(', '), formatCount(count))).join(' × ')}`}
        {runs.withNominal && ` + ${words.variables.runs.nominal}`}
      </p>
      {runs.count !== null && runs.count > 1 && <p>{roundsInWords(runs.count, slots)}</p>}
      {warnings.map((warning) => (
        <p key={warning}>
          <Name>{warning}</Name>
        </p>
      ))}
    </>
  );
}

export function roundsInWords(runs: number, slots: number): string {
  const text = words.variables.runs;
  const rounds = roundsOf(runs, slots);
  return rounds === 1
    ? text.oneRound
    : text.rounds(formatCount(slots), formatCount(runs), formatCount(rounds));
}

function Refused({ error }: { error: BadRequestError }) {
  const text = words.newJob.outlook;
  return (
    <>
      <p>{text.refused}</p>
      <ul>
        {error.fieldErrors.map(({ path, message }) => (
          <li key={`${path} ${message}`}>
            <code>{path.replace(/^definition\.?/, '')}</code>: <Name>{message}</Name>
          </li>
        ))}
        {error.fieldErrors.length === 0 && (
          <li>
            <Name>{error.detail ?? error.message}</Name>
          </li>
        )}
      </ul>
    </>
  );
}
