/**
 * Names, messages and logs come from a platform, and a terminal obeys what it is shown: it moves its cursor, rewrites
 * its title, answers questions. So nothing reaches it but text, and colours where colours are meant.
 */
const ACTIVE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
const ACTIVE_BESIDE_LINES =
  /(\u001b\[[\d;]*m|[\t\n])|[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
const UNFINISHED_COLOR = /\u001b(\[[\d;]{0,32})?$/;

/** One line of text from elsewhere, without anything a terminal would act upon. */
export function printable(text: string): string {
  return text.replace(ACTIVE, '\u{fffd}');
}

/** The same for whole lines that may be coloured already. */
export function printableLines(text: string): string {
  return text.replace(ACTIVE_BESIDE_LINES, (_, allowed?: string) => allowed ?? '\u{fffd}');
}

/** JSON that a terminal can show: what it would act upon is written as an escape, which means the same. */
export function printableJson(value: unknown, indent?: number): string {
  const toEscape = (found: string) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value ?? null, null, indent).replace(ACTIVE, (found) =>
    found === '\n' ? found : toEscape(found),
  );
}

/** The bytes of a file or log that is shown piece by piece; a piece may end inside a letter or a colour. */
export class PrintableStream {
  readonly #decoder = new TextDecoder();
  #unfinished = '';

  next(bytes: Uint8Array): string {
    const text = this.#unfinished + this.#decoder.decode(bytes, { stream: true });
    this.#unfinished = UNFINISHED_COLOR.exec(text)?.[0] ?? '';
    const whole = text.slice(0, text.length - this.#unfinished.length);
    // Progress of programs goes back to the beginning of its own line.
    return whole.split('\r').map(printableLines).join('\r');
  }
}
