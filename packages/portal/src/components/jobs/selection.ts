/** Which jobs of a list are selected, as the address says it: ids with points between them, or all that the filters let through. */

/** So many jobs one request of the API takes. */
export const MOST_SELECTED = 1000;

const ALL = 'all';
const ID = /^[A-Za-z0-9]{1,64}$/;

export type Selection = { isAll: true } | { isAll: false; ids: readonly string[] };

export const NOTHING_SELECTED: Selection = { isAll: false, ids: [] };

/** What is no id counts as not said. */
export function readSelection(text: string | undefined): Selection {
  if (text === ALL) {
    return { isAll: true };
  }
  const ids = (text ?? '').split('.').filter((id) => ID.test(id));
  return { isAll: false, ids: [...new Set(ids)].slice(0, MOST_SELECTED) };
}

/** As the address has it; undefined for nothing. */
export function writeSelection(selection: Selection): string | undefined {
  if (selection.isAll) {
    return ALL;
  }
  return selection.ids.length === 0 ? undefined : selection.ids.slice(0, MOST_SELECTED).join('.');
}

/** With a job selected or not; of all jobs without one, those are left that are shown. */
export function withJob(
  selection: Selection,
  jobId: string,
  isSelected: boolean,
  shown: readonly string[],
): Selection {
  const ids = selection.isAll ? shown : selection.ids;
  const others = ids.filter((id) => id !== jobId);
  return { isAll: false, ids: isSelected ? [...others, jobId] : others };
}

export function countSelected(selection: Selection, matching: number): number {
  return selection.isAll ? Math.min(matching, MOST_SELECTED) : selection.ids.length;
}
