import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RunRecord, readRecord, recordPath } from './record.ts';
import { commandsAreOver } from './record-end.ts';

const VERDICT = { outcome: 'failed', exitCode: 1, failure: null } as const;
const STEPS = {
  began: (record: RunRecord) => record.began({ tile: 0, step: 'command' }),
  ended: (record: RunRecord) =>
    record.ended({ tile: 0, step: 'command' }, { exitCode: 0, variables: [], usage: null }),
  verdict: (record: RunRecord) => record.verdict(VERDICT),
  cut: (record: RunRecord) => record.cut(VERDICT),
  resumed: (record: RunRecord) => record.resumed({ tile: 0, step: 'command' }),
  // Longer together than the end of a record that is looked at.
  aside: (record: RunRecord) => record.movedAside('x'.repeat(60_000), '1'),
} as const;
type Word = keyof typeof STEPS;

function inDirectory(look: (directory: string) => void): void {
  const directory = mkdtempSync(join(tmpdir(), 'quarry-record-'));
  try {
    look(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

test('without a record, or with an empty one, nothing is over', () => {
  inDirectory((directory) => {
    expect(commandsAreOver(directory)).toBe(false);
    new RunRecord(directory)[Symbol.dispose]();
    expect(commandsAreOver(directory)).toBe(false);
  });
});

test('the end of a record tells what all of it tells', () => {
  // Files are moved only when there is a verdict.
  const life = fc
    .tuple(
      fc.array(fc.constantFrom<Word[]>(['began'], ['began', 'ended'], ['verdict'], ['cut'], ['resumed']), {
        maxLength: 5,
      }),
      fc.nat({ max: 8 }),
      fc.boolean(),
    )
    .map(([parts, asides, isTorn]) => {
      const words = parts.flat();
      return { words, asides: words.at(-1) === 'verdict' ? asides : 0, isTorn };
    });
  fc.assert(
    fc.property(life, ({ words, asides, isTorn }) => {
      inDirectory((directory) => {
        {
          using record = new RunRecord(directory);
          for (const word of [...words, ...Array.from<Word>({ length: asides }).fill('aside')]) {
            STEPS[word](record);
          }
        }
        if (isTorn) {
          appendFileSync(recordPath(directory), '{"began":{"til');
        }
        const { verdict, isCut } = readRecord(directory)!;
        expect(commandsAreOver(directory)).toBe(verdict !== null && !isCut);
      });
    }),
    { numRuns: 100 },
  );
});
