import { expect, test } from 'vitest';
import type { Document } from './document.ts';
import {
  changedDraft,
  type Draft,
  type DraftUpload,
  isDraftId,
  NOTHING_ELSE,
  newDraftId,
  openDrafts,
  withArrivals,
  withTable,
} from './drafts.ts';

/** Texts by key, as browsers keep them, with room for so many characters. */
class Texts {
  readonly #texts = new Map<string, string>();
  readonly #room: number;
  constructor(room = Number.POSITIVE_INFINITY) {
    this.#room = room;
  }
  get length() {
    return this.#texts.size;
  }
  key(index: number) {
    return [...this.#texts.keys()][index] ?? null;
  }
  getItem(key: string) {
    return this.#texts.get(key) ?? null;
  }
  setItem(key: string, text: string) {
    if (text.length > this.#room) {
      throw new DOMException('', 'QuotaExceededError');
    }
    this.#texts.set(key, text);
  }
  removeItem(key: string) {
    this.#texts.delete(key);
  }
}

const draftOf = (name: string, at = '2026-11-30T10:00:00.000Z'): Draft => ({
  ...changedDraft(NOTHING_ELSE, { name }),
  changed: at,
});

test('drafts lie beside each other, the newest first, and another user sees none of them', () => {
  const texts = new Texts();
  const mine = openDrafts(texts, 'me');
  mine.keep('one', draftOf('first', '2026-11-30T10:00:00.000Z'), null);
  mine.keep('two', draftOf('second', '2026-11-30T11:00:00.000Z'), null);
  expect(mine.list().map(({ name }) => name)).toEqual(['second', 'first']);
  expect(openDrafts(texts, 'other').list()).toEqual([]);
  mine.remove('two');
  expect(mine.list().map(({ id }) => id)).toEqual(['one']);
});

test('a draft that another tab has changed is not written over', () => {
  const texts = new Texts();
  const [here, there] = [openDrafts(texts, 'me'), openDrafts(texts, 'me')];
  const first = draftOf('begun');
  expect(here.keep('d', first, null)).toBe('kept');
  expect(there.keep('d', draftOf('theirs'), first.revision)).toBe('kept');
  expect(here.keep('d', draftOf('ours'), first.revision)).toBe('changed-elsewhere');
  expect(here.read('d')?.document).toEqual({ name: 'theirs' });
});

test('a draft that the browser has no room for is told, and what was kept before stays', () => {
  const drafts = openDrafts(new Texts(400), 'me');
  const first = draftOf('small');
  expect(drafts.keep('d', first, null)).toBe('kept');
  expect(drafts.keep('d', draftOf('x'.repeat(1000)), first.revision)).toBe('no-room');
  expect(drafts.read('d')?.document).toEqual({ name: 'small' });
});

test('the one draft of an earlier portal becomes one of many', () => {
  const texts = new Texts();
  texts.setItem('quarry.draft.me', JSON.stringify({ name: 'from before' }));
  expect(openDrafts(texts, 'me').list()).toMatchObject([{ name: 'from before' }]);
  expect(openDrafts(texts, 'me').list()).toHaveLength(1);
});

test('what is no draft is none, whatever lies there', () => {
  const texts = new Texts();
  for (const text of ['', '{', '[]', '{"document": 1}', 'null']) {
    texts.setItem('quarry.draft.me.d', text);
    expect(openDrafts(texts, 'me').read('d'), text).toBeNull();
  }
  expect(openDrafts(texts, 'me').list()).toEqual([]);
});

test('ids of drafts are such as an address may have', () => {
  expect(isDraftId(newDraftId())).toBe(true);
  for (const id of ['', '../x', 'a.b', 'x'.repeat(81), undefined]) {
    expect(isDraftId(id), id).toBe(false);
  }
});

test('another document is another request, and the same one the same', () => {
  const first = draftOf('a');
  expect(changedDraft(first, { name: 'b' }).idempotencyKey).not.toBe(first.idempotencyKey);
  const texts = new Texts();
  openDrafts(texts, 'me').keep('d', first, null);
  expect(openDrafts(texts, 'me').read('d')).toEqual(first);
});

test('what has arrived becomes an input, but not while somebody types JSON that cannot be read yet', () => {
  const uploads: DraftUpload[] = [
    { pageId: 'p', key: 1, name: 'mesh', tile: 1, use: 'input', fileId: 'abc' },
    { pageId: 'p', key: 2, name: 'more', tile: 0, use: 'input', fileId: null },
  ];
  const document: Document = { jobanalyses: [{}, { inputFiles: [{ id: 'old' }] }] };
  const draft = changedDraft({ ...NOTHING_ELSE, uploads }, document, '{"name": ');
  expect(withArrivals(draft)).toBe(draft);
  expect(withArrivals({ ...draft, typed: null })).toMatchObject({
    document: { jobanalyses: [{}, { inputFiles: [{ id: 'old' }, { id: 'abc', decompress: true }] }] },
    uploads: [{ name: 'more' }],
  });
});

test('a template becomes a task that writes it without its ending, and a table the file of parameters', () => {
  const uploads: DraftUpload[] = [
    { pageId: 'p', key: 1, name: 'in.tmpl', tile: 0, use: 'template', fileId: 't' },
    { pageId: 'p', key: 2, name: 'points.csv', tile: 0, use: 'paramFile', fileId: 'c' },
  ];
  expect(withArrivals(changedDraft({ ...NOTHING_ELSE, uploads }, {})).document).toEqual({
    jobanalyses: [{ templateTasks: [{ processedFilename: 'in', templateFile: { id: 't' } }] }],
    paramFile: { id: 'c' },
  });
});

test('a table that is being changed is kept with its draft', () => {
  const texts = new Texts();
  const changed = withTable(draftOf('a'), 'caseFile', 'x\n1\n');
  openDrafts(texts, 'me').keep('d', changed, null);
  expect(openDrafts(texts, 'me').read('d')?.tables).toEqual({ caseFile: 'x\n1\n' });
  expect(withTable(changed, 'caseFile', null).tables).toEqual({});
});
