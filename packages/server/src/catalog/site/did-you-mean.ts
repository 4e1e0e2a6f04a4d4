/** The candidate nearest to a mistyped word, as `; did you mean "x"?`, or an empty text where none is near. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const lower = word.toLowerCase();
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const other = candidate.toLowerCase();
    // A word that was left unfinished is nearer than one with a wrong letter.
    const distance = lower.length >= 3 && other.startsWith(lower) ? 0.5 : editDistance(lower, other);
    if (
      distance <= Math.max(1, Math.floor(candidate.length / 3)) &&
      distance < (best?.distance ?? Infinity)
    ) {
      best = { candidate, distance };
    }
  }
  return best ? `; did you mean "${best.candidate}"?` : '';
}

/** Insertions, deletions and replacements between two words; enough words to compare are short. */
export function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 20) {
    return Infinity;
  }
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
