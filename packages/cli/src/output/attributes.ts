/**
 * Colours and other attributes of text (SGR, ECMA-48 8.3.117) that come with a text from elsewhere. A terminal keeps them
 * until it is told otherwise, so whoever shows such a text must know which are on.
 */

/** What ends an attribute, and the numbers that set it: of those of one group the last one counts. */
const GROUPS: readonly { end: number; set: readonly (readonly [first: number, last: number])[] }[] = [
  { end: 22, set: [[1, 2]] },
  {
    end: 23,
    set: [
      [3, 3],
      [20, 20],
    ],
  },
  {
    end: 24,
    set: [
      [4, 4],
      [21, 21],
    ],
  },
  { end: 25, set: [[5, 6]] },
  { end: 27, set: [[7, 7]] },
  { end: 29, set: [[9, 9]] },
  {
    end: 39,
    set: [
      [30, 38],
      [90, 97],
    ],
  },
  {
    end: 49,
    set: [
      [40, 48],
      [100, 107],
    ],
  },
  { end: 59, set: [[58, 58]] },
];
/** Followed by a colour: `5;n`, or `2;r;g;b`. */
const WITH_COLOR = [38, 48, 58];
const ESCAPE = '\u001b[';

export class Attributes {
  /** By the number that ends them. */
  readonly #on = new Map<number, string>();

  /**
   * The sequence with these parameters, as far as a text may have it: text that is there and not to be seen (8, conceal)
   * is nothing that a log needs, and what is not known is left out. Empty when nothing remains.
   */
  take(parameters: string): string {
    const numbers = parameters.split(';').map(Number);
    const kept: string[] = [];
    for (let index = 0; index < numbers.length; index++) {
      const number = numbers[index]!;
      const length = WITH_COLOR.includes(number) ? colorLength(numbers[index + 1]) : 1;
      const text = numbers.slice(index, index + length).join(';');
      index += length - 1;
      if (index < numbers.length && this.#apply(number, text)) {
        kept.push(text);
      }
    }
    return kept.length === 0 ? '' : `${ESCAPE}${kept.join(';')}m`;
  }

  /** Sets again what is on. */
  open(): string {
    return this.#on.size === 0 ? '' : `${ESCAPE}${[...this.#on.values()].join(';')}m`;
  }

  /** Ends what is on. */
  close(): string {
    return this.#on.size === 0 ? '' : `${ESCAPE}0m`;
  }

  /** False for what is not known. */
  #apply(number: number, text: string): boolean {
    if (number === 0) {
      this.#on.clear();
      return true;
    }
    const group = GROUPS.find(
      ({ end, set }) => end === number || set.some(([first, last]) => number >= first && number <= last),
    );
    if (group === undefined) {
      return false;
    }
    if (group.end === number) {
      this.#on.delete(number);
    } else {
      this.#on.set(group.end, text);
    }
    return true;
  }
}

/** How many numbers belong to a colour, the one that announces it included. */
function colorLength(kind: number | undefined): number {
  return kind === 5 ? 3 : kind === 2 ? 5 : Number.POSITIVE_INFINITY;
}
