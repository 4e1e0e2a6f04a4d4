import { mesh as words } from '../../../words/en/mesh.ts';
import { MeshError } from '../mesh-error.ts';

const VALUES = new Uint8Array(256).fill(255);
for (const [value, sign] of [
  ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
].entries()) {
  VALUES[sign.charCodeAt(0)] = value;
}
const PADDING = 61;

/**
 * Bytes written in base64 from `start` on, at most `wanted` of them. Padding ends a piece and not the whole: VTK writes the
 * sizes of compressed blocks as a piece of their own before the blocks.
 */
export function decodeBase64(
  text: Uint8Array,
  start: number,
  end: number,
  wanted: number,
): Uint8Array<ArrayBuffer> {
  if (start > end) {
    throw new MeshError(words.problems.cut);
  }
  const bytes = new Uint8Array(Math.min(wanted, Math.ceil((end - start) / 4) * 3) + 3);
  let length = 0;
  let bits = 0;
  let digits = 0;
  let padding = 0;
  for (let at = start; at < end && length < wanted; at++) {
    const sign = text[at]!;
    if (sign === PADDING) {
      padding++;
    } else {
      const value = VALUES[sign]!;
      if (value === 255) {
        if (sign > 32) {
          throw new MeshError(words.problems.broken('base64'));
        }
        continue;
      }
      bits = (bits << 6) | value;
    }
    digits++;
    if (digits === 4) {
      bits <<= 6 * padding;
      bytes[length] = bits >>> 16;
      bytes[length + 1] = bits >>> 8;
      bytes[length + 2] = bits;
      length += 3 - padding;
      bits = 0;
      digits = 0;
      padding = 0;
    }
  }
  return bytes.subarray(0, Math.min(length, wanted));
}
