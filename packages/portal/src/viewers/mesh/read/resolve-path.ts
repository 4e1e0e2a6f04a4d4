/** The path in a run of what a file there refers to. Nothing above the run can be meant. */
export function resolvePath(from: string, reference: string): string {
  const parts = /^[/\\]/.test(reference) ? [] : from.split('/').slice(0, -1);
  for (const part of reference.split(/[/\\]/)) {
    if (part === '..') {
      parts.pop();
    } else if (part !== '' && part !== '.') {
      parts.push(part);
    }
  }
  return parts.join('/');
}
