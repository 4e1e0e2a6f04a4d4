/** The columns for a full name: the first word of it, and the rest. */
export function splitName(fullName: string): { first_name: string; last_name: string } {
  const [firstName, ...rest] = fullName.split(' ');
  return { first_name: firstName ?? '', last_name: rest.join(' ') };
}
