import { mesh as words } from '../../../words/en/mesh.ts';
import { MeshError } from '../mesh-error.ts';

/** An element and where its text stands among the bytes: it can be most of the file, so it is not made a string. */
export interface Element {
  name: string;
  attributes: Readonly<Record<string, string>>;
  children: Element[];
  textStart: number;
  textEnd: number;
}

const LESS = 60;
const MAX_DEPTH = 32;
const MAX_TAG_BYTES = 64 * 1024;
const MAX_ELEMENTS = 1_000_000;
const decoder = new TextDecoder();

/**
 * Reads XML as VTK writes it. Workers have no parser of XML, and behind `<AppendedData>` there are bytes that none would take:
 * what follows that tag is not looked at.
 */
export function parseXml(bytes: Uint8Array): Element {
  const document: Element = { name: '', attributes: {}, children: [], textStart: 0, textEnd: bytes.length };
  const open = [document];
  let at = 0;
  let count = 0;
  while (true) {
    const start = bytes.indexOf(LESS, at);
    if (start === -1) {
      break;
    }
    const current = open.at(-1)!;
    if (bytes[start + 1] === 33 || bytes[start + 1] === 63) {
      at = skipDeclaration(bytes, start);
      continue;
    }
    const end = endOfTag(bytes, start);
    const tag = decoder.decode(bytes.subarray(start + 1, end));
    at = end + 1;
    if (tag.startsWith('/')) {
      if (open.length === 1 || tag.slice(1).trim() !== current.name) {
        throw new MeshError(words.problems.notXml(`</${tag.slice(1, 80)}> closes nothing`));
      }
      current.textEnd = start;
      open.pop();
      continue;
    }
    const isEmpty = tag.endsWith('/');
    const element: Element = {
      ...parseTag(isEmpty ? tag.slice(0, -1) : tag),
      children: [],
      textStart: at,
      textEnd: isEmpty ? at : bytes.length,
    };
    current.children.push(element);
    count++;
    if (element.name === 'AppendedData') {
      return rootOf(document);
    }
    if (!isEmpty) {
      open.push(element);
    }
    if (open.length > MAX_DEPTH || count > MAX_ELEMENTS) {
      throw new MeshError(words.problems.notXml('its elements are nested too deep, or too many'));
    }
  }
  if (open.length > 1) {
    throw new MeshError(words.problems.cut);
  }
  return rootOf(document);
}

function rootOf({ children }: Element): Element {
  const [root] = children;
  if (!root) {
    throw new MeshError(words.problems.notXml('it has no element'));
  }
  return root;
}

/** The children of a name. */
export function all(element: Element | undefined, name: string): Element[] {
  return element?.children.filter((child) => child.name === name) ?? [];
}

export function first(element: Element | undefined, name: string): Element | undefined {
  return element?.children.find((child) => child.name === name);
}

function skipDeclaration(bytes: Uint8Array, start: number): number {
  const isComment = bytes[start + 1] === 33 && bytes[start + 2] === 45;
  let end = start;
  do {
    end = bytes.indexOf(62, end + 1);
    if (end === -1) {
      throw new MeshError(words.problems.cut);
    }
  } while (isComment && !(bytes[end - 1] === 45 && bytes[end - 2] === 45));
  return end + 1;
}

/** The `>` of a tag: one in quotes is none. */
function endOfTag(bytes: Uint8Array, start: number): number {
  let quote = 0;
  for (let at = start + 1; at < bytes.length && at - start < MAX_TAG_BYTES; at++) {
    const byte = bytes[at]!;
    if (quote !== 0) {
      quote = byte === quote ? 0 : quote;
    } else if (byte === 34 || byte === 39) {
      quote = byte;
    } else if (byte === 62) {
      return at;
    }
  }
  throw new MeshError(
    bytes.length - start < MAX_TAG_BYTES ? words.problems.cut : words.problems.notXml('a tag does not end'),
  );
}

function parseTag(tag: string): Pick<Element, 'name' | 'attributes'> {
  const name = /^[\w.:-]+/.exec(tag)?.[0];
  if (name === undefined) {
    throw new MeshError(words.problems.notXml(`<${tag.slice(0, 80)}> is no tag`));
  }
  const attributes = [...tag.matchAll(/([\w.:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)].map(
    ([, key, double, single]) => [key!, unescapeText(double ?? single ?? '')] as const,
  );
  return { name, attributes: Object.fromEntries(attributes) };
}

const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

export function unescapeText(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(lt|gt|amp|quot|apos));/gi,
    (whole, hex, decimal, named) => {
      if (named !== undefined) {
        return NAMED[named.toLowerCase()]!;
      }
      const code = Number.parseInt(hex ?? decimal, hex === undefined ? 10 : 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}
