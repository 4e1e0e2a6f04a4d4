const KEY_WORDS = 4;

/** As many words of 32 random bits as are asked for. `randomUUID` is missing in pages that come over plain HTTP. */
export function randomId(words: number): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(words)), (word) => word.toString(36)).join('');
}

/** What makes a request that is sent again one with the first. */
export function newIdempotencyKey(): string {
  return randomId(KEY_WORDS);
}
