/** Text of Windows, whose lines end in a carriage return as well: bash takes that for the last character of a line. */
import { readSync } from 'node:fs';
import { TreeCursor } from '../files/cursor.ts';
import { inodeAt, lookAt, Opened, openAgain, openBelow, openEntry, statOf } from '../files/door.ts';
import { rawOf } from '../files/raw-name.ts';
import { SCRIPT_HEAD_BYTES, SCRIPTS_LOOKED_AT } from '../limits.ts';
import type { WorkDirectory } from './work-names.ts';

const MARK = '\ufeff';
/** How shells and `env` quote a carriage return that they have met, and what the kernel's refusal of one is called. */
const MET_IN_LOG =
  /\$'[^'\n]*\\r|\\r'?: |\^M|\r: (not found|command not found)|bad interpreter|required file not found/;

/** A command as Linux writes it, when every line of it ends as Windows has it; else unchanged. */
export function toLinuxLines(command: string): string {
  const text = command.startsWith(MARK) ? command.slice(MARK.length) : command;
  return /(?<!\r)\n/.test(text) ? text : text.replace(/\r(\n|$)/g, '$1');
}

/** What to say of Windows text that a command has met; null where nothing speaks for that. */
export function windowsTextHint(command: string, work: WorkDirectory, lastLines: string): string | null {
  const scripts = scriptsOf(command, work);
  if (scripts.length > 0) {
    const one = scripts.length === 1;
    return `${scripts.join(', ')} ${one ? 'has' : 'have'} Windows line ends (CRLF) or a byte order mark, which bash and the first line of a script do not understand: convert ${one ? 'it' : 'them'} with "sed -i -e '1s/^\\xef\\xbb\\xbf//' -e 's/\\r$//' ${scripts[0]}", here or before the upload.`;
  }
  if (/\r(\n|$)/.test(command)) {
    return 'Some lines of the command have Windows line ends (CRLF), which bash takes for a character: write it with those of Linux.';
  }
  return MET_IN_LOG.test(lastLines)
    ? 'A script may have Windows line ends (CRLF), which bash and the first line of a script do not understand: convert it with "sed -i \'s/\\r$//\' FILE".'
    : null;
}

/** Files of the work directory that the command names and that are Windows text. */
function scriptsOf(command: string, { root, names }: WorkDirectory): string[] {
  const words = command.split(/[\s;&|()<>"'`]+/).map((word) => word.replace(/^(\.\/)+/, ''));
  const named = words.filter((word) => /^[^-$/][^$]*$/.test(word) && !word.split('/').includes('..'));
  const found: string[] = [];
  try {
    using work = new Opened(openBelow(root, names));
    for (const name of [...new Set(named)].slice(0, SCRIPTS_LOOKED_AT)) {
      if (isWindowsScript(work.fd, name)) {
        found.push(name);
      }
    }
  } catch {
    // A directory that the command has replaced says nothing.
  }
  return found;
}

function isWindowsScript(work: number, path: string): boolean {
  const names = path.split('/').map(rawOf);
  try {
    using cursor = new TreeCursor(inodeAt(work), { access: 0 });
    cursor.moveTo(names.slice(0, -1));
    if (!lookAt(cursor.fd, names.at(-1)!)?.isFile()) {
      return false;
    }
    using entry = new Opened(openEntry(cursor.fd, names.at(-1)!));
    if (!statOf(entry.fd).isFile()) {
      return false;
    }
    using file = new Opened(openAgain(entry.fd));
    const head = Buffer.alloc(SCRIPT_HEAD_BYTES);
    const text = head.toString('latin1', 0, readSync(file.fd, head));
    // A program has NULs; a table or a mesh of Windows is read by its solver.
    const isScript = /^(\xef\xbb\xbf)?#!/.test(text) || /\.(sh|bash|csh|ksh)$/i.test(path);
    return !text.includes('\0') && isScript && (text.includes('\r\n') || text.startsWith('\xef\xbb\xbf'));
  } catch {
    return false;
  }
}
