import { isUtf8 } from 'node:buffer';

/** What a client calls a file. */
export interface SentName {
  text: string;
  /** Whether its bytes were not UTF-8, so that what they mean had to be guessed. */
  isGuessed: boolean;
}

const WINDOWS_1252 = new TextDecoder('windows-1252');

/**
 * The text of bytes that are UTF-8 as far as anybody says. Older clients send the letters of Western Europe in one byte
 * each; read so, no two names become one, as they would where every such byte is replaced.
 */
export function decodeName(bytes: Buffer): SentName {
  return isUtf8(bytes)
    ? { text: bytes.toString('utf8'), isGuessed: false }
    : { text: WINDOWS_1252.decode(bytes), isGuessed: true };
}

const PATH_OF_WINDOWS = /^([A-Za-z]:)?\\/;

/** The last component of a path of the client's own system. Windows writes it with backslashes, also where it is relative. */
export function baseName(path: string): string {
  return path.split(/[/\\]/).at(-1)!;
}

/** The same where clients send names more often than paths: a backslash may then be part of a name. */
export function exactName(name: string): string {
  return PATH_OF_WINDOWS.test(name) ? baseName(name) : name.split('/').at(-1)!;
}
