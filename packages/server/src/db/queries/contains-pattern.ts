/** A LIKE pattern (escape character `\`) for texts that contain `part`, whose own wildcards are taken literally. */
export function containsPattern(part: string): string {
  return `%${part.replace(/[\\%_]/g, '\\$&')}%`;
}
