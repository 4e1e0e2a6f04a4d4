/**
 * Names, messages and logs come from a platform, and a terminal obeys what it is shown: it moves its cursor, rewrites
 * its title, answers questions. So nothing reaches it but text, and colours where colours are meant.
 */
import { Attributes } from './attributes.ts';

const ACTIVE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
const ACTIVE_BESIDE_LINES =
  /\u001b\[([\d;]*)m|([\t\n])|[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;
const UNFINISHED_COLOR = /\u001b(\[[\d;]{0,64})?$/;

/** One line of text from elsewhere, without anything a terminal would act upon. */
export function printable(text: string): string {
  return text.replace(ACTIVE, '\u{fffd}');
}

/** The same for whole lines that may be coloured already; what they leave on is ended. */
export function printableLines(text: string): string {
  const attributes = new Attributes();
  return withColors(text, attributes) + attributes.close();
}

function withColors(text: string, attributes: Attributes): string {
  return text.replace(ACTIVE_BESIDE_LINES, (_, color?: string, allowed?: string) =>
    color === undefined ? (allowed ?? '\u{fffd}') : attributes.take(color),
  );
}

/** JSON that a terminal can show: what it would act upon is written as an escape, which means the same. */
export function printableJson(value: unknown, indent?: number): string {
  const toEscape = (found: string) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value ?? null, null, indent).replace(ACTIVE, (found) =>
    found === '\n' ? found : toEscape(found),
  );
}

/**
 * The bytes of a file or log that is shown piece by piece; a piece may end inside a letter or a colour. Colours go on
 * from piece to piece and are off in between, when something else may be written.
 */
export class PrintableStream {
  readonly #decoder = new TextDecoder();
  readonly #attributes = new Attributes();
  #unfinished = '';

  next(bytes: Uint8Array): string {
    const text = this.#unfinished + this.#decoder.decode(bytes, { stream: true });
    this.#unfinished = UNFINISHED_COLOR.exec(text)?.[0] ?? '';
    const whole = text.slice(0, text.length - this.#unfinished.length);
    if (whole === '') {
      return '';
    }
    const opened = this.#attributes.open();
    // Progress of programs goes back to the beginning of its own line.
    const shown = whole
      .split('\r')
      .map((part) => withColors(part, this.#attributes))
      .join('\r');
    return opened + shown + this.#attributes.close();
  }
}
