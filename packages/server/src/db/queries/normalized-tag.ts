/** The form of a tag by which tags are compared and found. */
export function normalizedTag(name: string): string {
  return name.toLowerCase();
}
