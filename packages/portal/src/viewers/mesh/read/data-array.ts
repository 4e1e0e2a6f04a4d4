import { mesh as words } from '../../../words/en/mesh.ts';
import { MeshError } from '../mesh-error.ts';
import type { Numbers } from '../numbers.ts';
import { AsciiReader } from './ascii.ts';
import { decodeBase64 } from './base64.ts';
import { bytesOf, emptyNumbers, NUMBER_TYPES, type NumberType, numbersOf, part } from './binary.ts';
import { all, type Element, first, unescapeText } from './xml.ts';

/** How the arrays of a VTK XML file are written. */
export interface Encoding {
  bytes: Uint8Array;
  isLittle: boolean;
  headerType: 'UInt32' | 'UInt64';
  /** `vtkZLibDataCompressor`, or null. */
  compressor: string | null;
  /** Where the appended data begin, and whether they are bytes; null where there are none. */
  appended: { start: number; isRaw: boolean } | null;
}

const ZLIB = 'vtkZLibDataCompressor';
/** Streams of a browser that unpack at once: more would only wait for each other. */
const MAX_STREAMS = 16;
/** No block is as large; a file that says so would have the browser ask for memory that nobody has. */
const MAX_ARRAY_BYTES = 4 * 1024 ** 3;

export function encodingOf(root: Element, bytes: Uint8Array): Encoding {
  const { byte_order, header_type, compressor = null } = root.attributes;
  if (compressor !== null && compressor !== '' && compressor !== ZLIB) {
    throw new MeshError(words.problems.compressor(compressor.replace(/^vtk|DataCompressor$/g, '')));
  }
  const appended = first(root, 'AppendedData');
  const mark = appended ? bytes.indexOf(95, appended.textStart) : -1;
  return {
    bytes,
    isLittle: byte_order !== 'BigEndian',
    headerType: header_type === 'UInt64' ? 'UInt64' : 'UInt32',
    compressor: compressor === '' ? null : compressor,
    appended:
      appended && mark !== -1 ? { start: mark + 1, isRaw: appended.attributes.encoding === 'raw' } : null,
  };
}

export function numberTypeOf(array: Element): NumberType | null {
  return NUMBER_TYPES.find((type) => type === array.attributes.type) ?? null;
}

/** As VTK keeps it, in the information beside the values. */
export function unitOf(array: Element, bytes: Uint8Array): string | null {
  const key = all(array, 'InformationKey').find(({ attributes }) => attributes.name === 'UNITS_LABEL');
  if (!key) {
    return null;
  }
  const text = new TextDecoder().decode(bytes.subarray(key.textStart, key.textEnd));
  return unescapeText(text).trim() || null;
}

/** The values of a `<DataArray>`, `count` of them. */
export async function readDataArray(array: Element, count: number, encoding: Encoding): Promise<Numbers> {
  const type = numberTypeOf(array);
  const name = array.attributes.Name ?? 'an array';
  if (type === null) {
    throw new MeshError(words.problems.broken(name));
  }
  if (array.attributes.format === 'ascii' || array.attributes.format === undefined) {
    // What says how many there are is read before memory is taken for them: each value takes two bytes at least.
    if (count > (array.textEnd - array.textStart + 1) / 2) {
      throw new MeshError(words.problems.cut);
    }
    const end = textEndOf(array, encoding.bytes);
    return new AsciiReader(encoding.bytes, array.textStart, end).fill(emptyNumbers(type, count));
  }
  const source = sourceOf(array, encoding);
  const values = numbersOf(
    encoding.compressor === null ? readPlain(source, encoding) : await readBlocks(source, encoding),
    type,
    encoding.isLittle,
  );
  if (values.length < count) {
    throw new MeshError(words.problems.broken(name));
  }
  return values.length === count ? values : (values.slice(0, count) as Numbers);
}

/** Bytes from the beginning of an array on, wherever they are. */
type Source = (start: number, length: number) => Uint8Array;

function sourceOf(array: Element, { bytes, appended }: Encoding): Source {
  const { format, offset } = array.attributes;
  const isAppended = format === 'appended';
  if (isAppended && (appended === null || !/^\d{1,15}$/.test(offset ?? ''))) {
    throw new MeshError(words.problems.missing('the appended data'));
  }
  const from = isAppended ? appended!.start + Number(offset) : array.textStart;
  if (isAppended && appended!.isRaw) {
    return (start, length) => part(bytes, from + start, length);
  }
  const end = isAppended ? bytes.length : textEndOf(array, bytes);
  return (start, length) => part(decodeBase64(bytes, from, end, start + length), start, length);
}

/** The text of an array ends before what is told about it, such as its unit. */
function textEndOf(array: Element, bytes: Uint8Array): number {
  const tag = bytes.indexOf(60, array.textStart);
  return tag === -1 ? array.textEnd : Math.min(tag, array.textEnd);
}

function readPlain(source: Source, encoding: Encoding): Uint8Array {
  const headerBytes = bytesOf(encoding.headerType);
  const [length] = headerOf(source(0, headerBytes), encoding);
  return source(headerBytes, length!);
}

async function readBlocks(source: Source, encoding: Encoding): Promise<Uint8Array> {
  const word = bytesOf(encoding.headerType);
  const [count, blockBytes, lastBytes] = headerOf(source(0, 3 * word), encoding) as [number, number, number];
  if (count === 0) {
    return new Uint8Array();
  }
  const total = blockBytes * (lastBytes === 0 ? count : count - 1) + lastBytes;
  if (!(count <= MAX_ARRAY_BYTES && total <= MAX_ARRAY_BYTES)) {
    throw new MeshError(words.problems.broken('blocks'));
  }
  const sizes = headerOf(source(3 * word, count * word), encoding);
  const start = (3 + count) * word;
  const packed = source(
    start,
    sizes.reduce((sum, size) => sum + size, 0),
  );
  const whole = new Uint8Array(total);
  const blocks: { from: number; to: number; at: number; end: number }[] = [];
  let from = 0;
  for (const [index, size] of sizes.entries()) {
    const at = index * blockBytes;
    blocks.push({ from, to: from + size, at, end: Math.min(total, at + blockBytes) });
    from += size;
  }
  for (let index = 0; index < blocks.length; index += MAX_STREAMS) {
    await Promise.all(
      blocks
        .slice(index, index + MAX_STREAMS)
        .map((block) => inflate(packed.subarray(block.from, block.to), whole.subarray(block.at, block.end))),
    );
  }
  return whole;
}

function headerOf(bytes: Uint8Array, { headerType, isLittle }: Encoding): number[] {
  return [...numbersOf(bytes, headerType, isLittle)];
}

/** Unpacks into `room`, which must be filled exactly. */
async function inflate(packed: Uint8Array, room: Uint8Array): Promise<void> {
  const stream = new Blob([new Uint8Array(packed)]).stream().pipeThrough(new DecompressionStream('deflate'));
  let length = 0;
  try {
    for await (const chunk of stream as unknown as AsyncIterable<Uint8Array>) {
      if (length + chunk.length > room.length) {
        throw new MeshError(words.problems.broken('blocks'));
      }
      room.set(chunk, length);
      length += chunk.length;
    }
  } catch {
    throw new MeshError(words.problems.broken('blocks'));
  }
  if (length !== room.length) {
    throw new MeshError(words.problems.broken('blocks'));
  }
}
