import type { JobPreview } from '@quarry/sdk';
import { Confirm } from '../../ui/confirm.tsx';
import { formatCount, formatMoney, formatNumber } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import type { Document } from './document.ts';
import { numberAt } from './fields.ts';
import { roundsInWords } from './outlook.tsx';
import { MANY_RUNS } from './rounds.ts';

/** What somebody may not have meant. */
export function questionsOf({ runs, estimate }: JobPreview): ('runs' | 'walltime')[] {
  return [
    ...((runs.count ?? 0) > MANY_RUNS ? (['runs'] as const) : []),
    ...(estimate.isLongest ? (['walltime'] as const) : []),
  ];
}

interface AskToSubmitProps {
  preview: JobPreview;
  document: Document;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks once before thousands of runs begin, or a job that may take weeks, with what that comes to. */
export function AskToSubmit({ preview, document, onConfirm, onClose }: AskToSubmitProps) {
  const text = words.newJob.ask;
  const { most, hours } = preview.estimate;
  const amount = formatMoney(most.amount, most.currency);
  const runs = preview.runs.count ?? 0;
  const slots = numberAt(document, ['jobanalyses', 0, 'hardware', 'slots']) ?? 1;
  const questions = questionsOf(preview);
  return (
    <Confirm
      isOpen
      title={text.title}
      action={text.action}
      color="accent"
      onConfirm={onConfirm}
      onClose={onClose}
    >
      {questions.includes('runs') && (
        <p>
          {text.runs(formatCount(runs), amount)} {roundsInWords(runs, slots)}
        </p>
      )}
      {questions.includes('walltime') && <p>{text.walltime(formatNumber(hours), amount)}</p>}
      <p className="muted">{most.formula}</p>
    </Confirm>
  );
}
