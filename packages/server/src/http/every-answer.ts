/** Headers of every answer: what a file is said to be must not be guessed anew from its first bytes by a browser. */
export const EVERY_ANSWER = { 'x-content-type-options': 'nosniff' } as const;
