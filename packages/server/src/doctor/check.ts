/** What the doctor says of one thing. */
export interface Check {
  name: string;
  status: 'ok' | 'warning' | 'error';
  message: string;
  hint: string | null;
  /** All that the message names the first few of. */
  items?: readonly string[];
}

export const ok = (name: string, message: string): Check => ({ name, status: 'ok', message, hint: null });

export const warning = (name: string, message: string, hint: string): Check => ({
  name,
  status: 'warning',
  message,
  hint,
});

export const failed = (name: string, message: string, hint: string, items?: readonly string[]): Check => ({
  name,
  status: 'error',
  message,
  hint,
  ...(items ? { items } : {}),
});

const NAMED = 5;

/** A few of many, for a message. */
export function some(items: readonly string[]): string {
  const more = items.length > NAMED ? ` and ${items.length - NAMED} more` : '';
  return `${items.slice(0, NAMED).join(', ')}${more}`;
}
