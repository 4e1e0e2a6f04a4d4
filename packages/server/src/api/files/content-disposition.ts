/**
 * The header `Content-Disposition` of a part of a form (RFC 7578, 4.2), the way clients write it. Here a text holds a
 * byte of the header in each character.
 */
import { baseName, decodeName, exactName, type SentName } from './sent-name.ts';

export interface PartDisposition {
  /** The field of the form; undefined without a name. */
  field: string | undefined;
  /** Undefined for a part that is no file. */
  fileName: SentName | undefined;
  /** Why the name of the file cannot be told, in words. */
  problem: string | null;
}

/** Null for what is no part of a form. */
export function parseDisposition(header: string): PartDisposition | null {
  const { type, parameters } = parseParameters(header);
  if (type.toLowerCase() !== 'form-data') {
    return null;
  }
  const all = (name: string) => parameters.filter((each) => each.name === name).map(({ value }) => value);
  const field = all('name')[0];
  return {
    field: field === undefined ? undefined : decodeName(bytesOf(field)).text,
    ...readFileName(all('filename'), all('filename*')),
  };
}

/** RFC 6266, 4.3: whoever knows `filename*` uses it and ignores `filename`, wherever the two stand. */
function readFileName(
  plain: readonly string[],
  extended: readonly string[],
): Pick<PartDisposition, 'fileName' | 'problem'> {
  if (plain.length > 1 || extended.length > 1) {
    return { fileName: undefined, problem: 'The part has two names for one file.' };
  }
  const [extendedValue] = extended;
  const text = extendedValue === undefined ? null : decodeExtended(extendedValue);
  if (text !== null) {
    return { fileName: { text: exactName(text), isGuessed: false }, problem: null };
  }
  const [plainValue] = plain;
  if (plainValue !== undefined) {
    const sent = decodeName(bytesOf(unescapeOfBrowsers(plainValue)));
    return { fileName: { ...sent, text: baseName(sent.text) }, problem: null };
  }
  const problem =
    extendedValue === undefined
      ? null
      : "filename* is neither UTF-8 nor ISO-8859-1 in percent signs, such as UTF-8''%C3%A9.txt.";
  return { fileName: undefined, problem };
}

/** Browsers and HTTP libraries write a quotation mark and line breaks in percent signs, and nothing else. */
function unescapeOfBrowsers(value: string): string {
  return value.replace(/%(22|0A|0D)/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

/** RFC 8187, 3.2.1: `charset'language'value`; null for what is none, and for a charset that need not be known. */
function decodeExtended(value: string): string | null {
  const [, charset, encoded] = /^([^']*)'[^']*'(.*)$/s.exec(value) ?? [];
  if (charset === undefined || encoded === undefined || /%(?![0-9a-f]{2})/i.test(encoded)) {
    return null;
  }
  const bytes = bytesOf(
    encoded.replace(/%([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
  );
  switch (charset.toLowerCase()) {
    case 'utf-8': {
      const { text, isGuessed } = decodeName(bytes);
      return isGuessed ? null : text;
    }
    case 'iso-8859-1':
      return bytes.toString('latin1');
    default:
      return null;
  }
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

interface Parameters {
  type: string;
  parameters: Array<{ name: string; value: string }>;
}

/** `type; name=token; name="quoted"`, names in lower case. What is not understood is passed over to the next semicolon. */
function parseParameters(header: string): Parameters {
  const PARAMETER = /;\s*([^\s=;"]+)\s*=\s*(?:"((?:\\["\\]|[^"])*)"?|([^;]*))/gy;
  const end = header.indexOf(';');
  const type = (end < 0 ? header : header.slice(0, end)).trim();
  const parameters: Parameters['parameters'] = [];
  for (let at = end; at >= 0; at = header.indexOf(';', at)) {
    PARAMETER.lastIndex = at;
    const found = PARAMETER.exec(header);
    if (found === null) {
      at += 1;
      continue;
    }
    const [, name, quoted, token = ''] = found;
    // Only these two are escaped: a backslash before anything else is one of a path of Windows.
    const value = quoted === undefined ? token.trim() : quoted.replace(/\\(["\\])/g, '$1');
    parameters.push({ name: name!.toLowerCase(), value });
    at = PARAMETER.lastIndex;
  }
  return { type, parameters };
}
