import type { JobPreview } from '@quarry/sdk';
import { Confirm } from '../../ui/confirm.tsx';
import { formatCount, formatMoney } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import type { Document } from './document.ts';
import { numberAt } from './fields.ts';
import { roundsInWords } from './outlook.tsx';

interface ManyRunsProps {
  preview: JobPreview;
  document: Document;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks once before thousands of runs begin, with what they come to. */
export function ManyRuns({ preview, document, onConfirm, onClose }: ManyRunsProps) {
  const text = words.variables.many;
  const { most } = preview.estimate;
  const runs = preview.runs.count ?? 0;
  const slots = numberAt(document, ['jobanalyses', 0, 'hardware', 'slots']) ?? 1;
  return (
    <Confirm
      isOpen
      title={text.title(formatCount(runs))}
      action={text.action}
      color="accent"
      onConfirm={onConfirm}
      onClose={onClose}
    >
      <p>{text.text(formatCount(runs), formatMoney(most.amount, most.currency))}</p>
      <p>{roundsInWords(runs, slots)}</p>
      <p className="muted">{most.formula}</p>
    </Confirm>
  );
}
