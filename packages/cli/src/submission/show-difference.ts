/** A value of a fact in a few words. */
export function showValue(value: unknown, longest = 60): string {
  const text = wordsOf(value).replaceAll(/\s*\n\s*/g, ' ; ');
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}

function wordsOf(value: unknown): string {
  if (value === null || value === undefined || value === '') {
    return 'none';
  }
  if (Array.isArray(value)) {
    return (
      value
        .filter((each) => each !== null && each !== '')
        .map(wordsOf)
        .join(', ') || 'none'
    );
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
