import { createHash } from 'node:crypto';
import { posix } from 'node:path';

/** What nearly every file system allows for one name, in bytes of UTF-8. */
const NAME_BYTES = 255;
/** Devices that Windows sees in every directory, whatever stands behind a dot. */
const WINDOWS_DEVICE = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])(?=\.|$)/i;
/** What downloads keep beside a file while it is not complete: no output may pass for it. */
const OWN_FILE = /^\.(?=.*\.quarry-(partial|journal|journal\.new|lock)$)/;
const CONTROL = /[\u0000-\u001f\u007f]/g;
const WINDOWS_FORBIDDEN = /[<>:"|?*\\]/g;

/**
 * A path from a platform as one that stays below the directory it is joined to: no `..`, no absolute path, no control
 * characters, no name beyond 255 bytes; with `system` `win32` no device, drive or stream either. Names are parted by `/`
 * alone: `\` is a letter like any other where the outputs were made, and only Windows has to have another one for it.
 */
export function safePath(path: string, system: string = process.platform): string {
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  return names.map((name) => shortName(safeName(name, system))).join('/') || '_';
}

function safeName(name: string, system: string): string {
  // Windows drops dots and blanks at the end of a name, so that `.. ` means `..` there.
  if (/^[. ]+$/.test(name)) {
    return '_';
  }
  const plain = name.replace(CONTROL, '_').replace(OWN_FILE, '_');
  if (system !== 'win32') {
    return plain;
  }
  const spelled = plain.replace(WINDOWS_FORBIDDEN, '_').replace(/[. ]+$/, '_');
  return WINDOWS_DEVICE.test(spelled) ? `_${spelled}` : spelled;
}

/** A name that fits: the middle of a longer one gives way to a digest of it, so that names that differ stay different. */
export function shortName(name: string): string {
  if (Buffer.byteLength(name) <= NAME_BYTES) {
    return name;
  }
  const extension = posix.extname(name);
  const ending = Buffer.byteLength(extension) <= 32 ? extension : '';
  const mark = `~${createHash('sha256').update(name).digest('hex').slice(0, 10)}${ending}`;
  let kept = '';
  let room = NAME_BYTES - Buffer.byteLength(mark);
  for (const letter of name) {
    room -= Buffer.byteLength(letter);
    if (room < 0) {
      break;
    }
    kept += letter;
  }
  return kept + mark;
}
