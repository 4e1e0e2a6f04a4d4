import type { Verdict } from './problem.ts';

/**
 * A search in the unit cube: it yields points that do not depend on each other, is given what became of each,
 * and returns when it has nothing more to ask. It is deterministic, so running it again over what is known
 * brings it to where it stood.
 */
export type Method = Generator<ArrayLike<number>[], void, Verdict[]>;
