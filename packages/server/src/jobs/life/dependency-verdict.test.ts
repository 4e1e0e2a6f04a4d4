import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dependencyVerdict } from './dependency-verdict.ts';
import type { Phase } from './state.ts';

describe('what another job means for one that starts after it', () => {
  const phase = fc.constantFrom<Phase>(
    ...(['saved', 'held', 'submitted', 'queued', 'launched', 'ready', 'executing'] as const),
  );
  const outcome = fc.constantFrom(...(['success', 'failed', 'stopped', 'walltime_exceeded'] as const));
  const condition = fc.constantFrom(...(['success', 'failure', 'any'] as const));

  test('is open until its end, and decided for good then, deleted or not', () => {
    fc.assert(
      fc.property(condition, phase, outcome, fc.boolean(), (on, before, end, isDeleted) => {
        expect(dependencyVerdict(on, { phase: before, outcome: null }, false)).toBe('open');
        expect(dependencyVerdict(on, { phase: before, outcome: null }, true)).toBe('failed');
        const decided = dependencyVerdict(on, { phase: 'completed', outcome: end }, isDeleted);
        expect(decided).not.toBe('open');
        expect(decided).toBe(dependencyVerdict(on, { phase: 'completed', outcome: end }, !isDeleted));
      }),
    );
  });

  test('of success and failure exactly one is met by every end, and the end alone by all of them', () => {
    fc.assert(
      fc.property(outcome, (end) => {
        const verdicts = (['success', 'failure', 'any'] as const).map((on) =>
          dependencyVerdict(on, { phase: 'completed', outcome: end }, false),
        );
        expect(verdicts).toEqual(end === 'success' ? ['met', 'failed', 'met'] : ['failed', 'met', 'met']);
      }),
    );
  });
});
