import { useDebouncedValue } from '@mantine/hooks';
import { BadRequestError, type JobDefinition, type JobPreview } from '@quarry/sdk';
import { useQuery } from '@tanstack/react-query';
import { jobPreviewQuery } from '../../api/queries.ts';
import { Panel } from '../../ui/panel.tsx';
import { formatCount, formatMoney, formatNumber } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import type { Document } from './document.ts';
import { textAt } from './fields.ts';

const TYPING_MS = 400;

/** What the document would become as a job: what it costs, how many runs it has, and what is wrong with it. */
export function Outlook({ document }: { document: Document }) {
  const text = words.newJob.outlook;
  const [settled] = useDebouncedValue(document, TYPING_MS);
  const isBegun = isFilledIn(settled);
  const query = useQuery({ ...jobPreviewQuery(settled as unknown as JobDefinition), enabled: isBegun });
  return (
    <Panel title={text.title}>
      <section aria-label={text.title} aria-live="polite">
        {!isBegun && <p className="muted">{text.unfinished}</p>}
        {isBegun && query.data && <Found preview={query.data} />}
        {isBegun && query.error instanceof BadRequestError && <Refused error={query.error} />}
      </section>
    </Panel>
  );
}

/** Before that there is nothing to ask the server: it would only name what is missing. */
function isFilledIn(document: Document): boolean {
  const tile = ['jobanalyses', 0];
  return [
    ['name'],
    [...tile, 'analysis', 'code'],
    [...tile, 'command'],
    [...tile, 'hardware', 'coreType'],
  ].every((path) => textAt(document, path).trim() !== '');
}

function Found({ preview: { estimate, runs, warnings } }: { preview: JobPreview }) {
  const text = words.newJob.outlook;
  const { most, perHour, hours, isLongest } = estimate;
  return (
    <>
      <p>
        <strong>{formatMoney(most.amount, most.currency)}</strong> {text.most(formatNumber(hours))}
        {isLongest && `, ${text.longest}`}
        {`; ${text.perHour(formatMoney(perHour.amount, perHour.currency))}`}
        <br />
        <span className="muted">{most.formula}</span>
      </p>
      <p>
        {runs.count === null ? text.optimized : text.runs(formatCount(runs.count), runs.count === 1)}
        {runs.factors.length > 0 &&
          `: ${runs.factors.map(({ variables, count }) => text.factor(variables.join(', '), formatCount(count))).join(' × ')}`}
      </p>
      {warnings.map((warning) => (
        <p key={warning}>
          <bdi>{warning}</bdi>
        </p>
      ))}
    </>
  );
}

function Refused({ error }: { error: BadRequestError }) {
  const text = words.newJob.outlook;
  return (
    <>
      <p>{text.refused}</p>
      <ul>
        {error.fieldErrors.map(({ path, message }) => (
          <li key={`${path} ${message}`}>
            <code>{path.replace(/^definition\./, '')}</code>: <bdi>{message}</bdi>
          </li>
        ))}
      </ul>
    </>
  );
}
