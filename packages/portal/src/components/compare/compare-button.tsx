import { useNavigate } from '@tanstack/react-router';
import { paths } from '../../paths.ts';
import { ActionButton } from '../../ui/action-button.tsx';
import { formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import { FEWEST, MOST } from './subjects.ts';

/** Leads to what is selected, side by side; `ids` are those of jobs, or `JOB.RUN`. */
export function CompareButton({ ids }: { ids: readonly string[] }) {
  const navigate = useNavigate();
  const text = words.runs;
  const isPossible = ids.length >= FEWEST && ids.length <= MOST;
  return (
    <ActionButton
      size="compact-sm"
      refusal={isPossible ? null : text.compareFew(formatCount(MOST))}
      onClick={() => void navigate({ to: paths.compare(), search: { ids: ids.join(',') } } as never)}
    >
      {text.compare}
    </ActionButton>
  );
}
