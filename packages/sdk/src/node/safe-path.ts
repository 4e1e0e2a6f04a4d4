/** A path from a platform as one that stays below the directory it is joined to, on every system. */
export function safePath(path: string): string {
  const names = path.split(/[/\\]+/).filter((name) => name !== '' && name !== '.');
  return names.map(safeName).join('/') || '_';
}

/** Windows drops dots and blanks at the end of a name, so that `.. ` means `..` there. */
function safeName(name: string): string {
  return /^[. ]+$/.test(name) ? '_' : name.replace(/[\u0000-\u001f\u007f:]/g, '_');
}
