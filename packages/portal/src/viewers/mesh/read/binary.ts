import { mesh as words } from '../../../words/en/mesh.ts';
import { MeshError } from '../mesh-error.ts';
import type { Numbers } from '../numbers.ts';

export const NUMBER_TYPES = [
  'Int8',
  'UInt8',
  'Int16',
  'UInt16',
  'Int32',
  'UInt32',
  'Int64',
  'UInt64',
  'Float32',
  'Float64',
] as const;
export type NumberType = (typeof NUMBER_TYPES)[number];

const IS_HOST_LITTLE = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

export function bytesOf(type: NumberType): number {
  return Number(/\d+$/.exec(type)![0]) / 8;
}

/** Room for values of a type; 64-bit integers become floating-point numbers. */
export function emptyNumbers(type: NumberType, length: number): Numbers {
  switch (type) {
    case 'Int8':
      return new Int8Array(length);
    case 'UInt8':
      return new Uint8Array(length);
    case 'Int16':
      return new Int16Array(length);
    case 'UInt16':
      return new Uint16Array(length);
    case 'Int32':
      return new Int32Array(length);
    case 'UInt32':
      return new Uint32Array(length);
    case 'Float32':
      return new Float32Array(length);
    case 'Int64':
    case 'UInt64':
    case 'Float64':
      return new Float64Array(length);
  }
}

/** Values as they lie in a file; a copy, so that they begin where the processor wants them to. */
export function numbersOf(bytes: Uint8Array, type: NumberType, isLittle: boolean): Numbers {
  const size = bytesOf(type);
  const copy = new Uint8Array(bytes.subarray(0, bytes.length - (bytes.length % size)));
  if (size > 1 && isLittle !== IS_HOST_LITTLE) {
    swapBytes(copy, size);
  }
  const { buffer } = copy;
  switch (type) {
    case 'Int8':
      return new Int8Array(buffer);
    case 'UInt8':
      return new Uint8Array(buffer);
    case 'Int16':
      return new Int16Array(buffer);
    case 'UInt16':
      return new Uint16Array(buffer);
    case 'Int32':
      return new Int32Array(buffer);
    case 'UInt32':
      return new Uint32Array(buffer);
    case 'Float32':
      return new Float32Array(buffer);
    case 'Float64':
      return new Float64Array(buffer);
    case 'Int64':
    case 'UInt64':
      return joinHalves(new Uint32Array(buffer), type === 'Int64');
  }
}

/** Bytes of a file from a place on, which a file that is cut short does not have. */
export function part(bytes: Uint8Array, start: number, length: number): Uint8Array {
  if (!(length >= 0 && start >= 0 && start + length <= bytes.length)) {
    throw new MeshError(words.problems.cut);
  }
  return bytes.subarray(start, start + length);
}

function swapBytes(bytes: Uint8Array, size: number): void {
  for (let start = 0; start < bytes.length; start += size) {
    for (let left = start, right = start + size - 1; left < right; left++, right--) {
      const byte = bytes[left]!;
      bytes[left] = bytes[right]!;
      bytes[right] = byte;
    }
  }
}

/** Much faster than by BigInt, and as exact as a floating-point number can be. */
function joinHalves(halves: Uint32Array, isSigned: boolean): Float64Array<ArrayBuffer> {
  const low = IS_HOST_LITTLE ? 0 : 1;
  const values = new Float64Array(halves.length / 2);
  for (let index = 0; index < values.length; index++) {
    const high = halves[index * 2 + 1 - low]!;
    values[index] = (isSigned ? high | 0 : high) * 0x1_0000_0000 + halves[index * 2 + low]!;
  }
  return values;
}
