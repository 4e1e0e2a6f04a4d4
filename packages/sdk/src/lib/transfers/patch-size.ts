import {
  FIRST_PATCH_BYTES,
  LARGEST_PATCH_BYTES,
  LONG_PATCH_MS,
  SHORT_PATCH_MS,
  SMALLEST_PATCH_BYTES,
} from '../../limits.ts';

/** How many bytes one request of an upload carries: so many that it takes a second or some. */
export class PatchSize {
  bytes = FIRST_PATCH_BYTES;

  /** Learns from a request that carried `bytes` in `milliseconds`. */
  took(bytes: number, milliseconds: number): void {
    // The end of a part says little about the line.
    if (milliseconds < SHORT_PATCH_MS && bytes >= this.bytes) {
      this.bytes = Math.min(this.bytes * 2, LARGEST_PATCH_BYTES);
    } else if (milliseconds > LONG_PATCH_MS) {
      this.shrink();
    }
  }

  /** After a request that broke: the line, or whoever stands in it, may not bear long ones. */
  shrink(): void {
    this.bytes = Math.max(this.bytes / 2, SMALLEST_PATCH_BYTES);
  }
}
