import { expect, test } from 'vitest';
import { isOvertaken, keepTemplateDraft, readTemplateDraft, typedDraft } from './template-draft.ts';

function texts() {
  const all = new Map<string, string>();
  return {
    getItem: (key: string) => all.get(key) ?? null,
    setItem: (key: string, text: string) => void all.set(key, text),
    removeItem: (key: string) => void all.delete(key),
  };
}
const of = { userId: 'me', templateId: 'T', pinned: null };

test('what was typed at version 2 is there when version 3 is, and known to be of 2', () => {
  const kept = texts();
  const begun = typedDraft(null, 'a', { shown: 'as saved', latest: 2 });
  keepTemplateDraft(kept, of, typedDraft(begun, 'ab', { shown: 'as saved', latest: 3 }));
  const found = readTemplateDraft(kept, of);
  expect(found).toEqual({ text: 'ab', basis: 2 });
  expect([isOvertaken(found, 2), isOvertaken(found, 3)]).toEqual([false, true]);
});

test('what says what the template says is no draft', () => {
  const kept = texts();
  keepTemplateDraft(kept, of, { text: 'a', basis: 2 });
  keepTemplateDraft(kept, of, typedDraft({ text: 'a', basis: 2 }, 'same', { shown: 'same', latest: 3 }));
  expect(readTemplateDraft(kept, of)).toBeNull();
  expect(isOvertaken(null, 3)).toBe(false);
});

test('each template, each version that is looked at and each person has a draft of its own', () => {
  const kept = texts();
  const all = [
    of,
    { ...of, pinned: 1 },
    { ...of, templateId: 'U' },
    { ...of, userId: 'you' },
    { ...of, templateId: null },
  ];
  for (const [index, each] of all.entries()) {
    keepTemplateDraft(kept, each, { text: String(index), basis: 1 });
  }
  expect(all.map((each) => readTemplateDraft(kept, each)?.text)).toEqual(['0', '1', '2', '3', '4']);
});

test('whatever lies there is no reason to fail', () => {
  for (const text of ['', '{', 'null', '5', '{"text": 5}', '{"text": "a", "basis": "2"}']) {
    expect(readTemplateDraft({ ...texts(), getItem: () => text }, of), text).toBeNull();
  }
});
