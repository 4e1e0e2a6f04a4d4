/** Why a path cannot be one inside the work directory; null when it can. */
export function pathProblem(path: string): string | null {
  const parts = path.split('/');
  if (path.includes('\0')) {
    return 'The name contains a NUL character.';
  }
  if (path.startsWith('/')) {
    return 'The name must be relative to the work directory, without a leading slash.';
  }
  if (parts.includes('..')) {
    return 'The name may not contain "..": it must stay inside the work directory.';
  }
  if (parts.some((part) => part === '' || part === '.')) {
    return 'The name has an empty part or a part ".".';
  }
  if (path === 'process_output.log') {
    return 'This name belongs to the log of the run; choose another.';
  }
  if (path === '.rescalepid') {
    return 'This name belongs to the platform; choose another.';
  }
  return null;
}
