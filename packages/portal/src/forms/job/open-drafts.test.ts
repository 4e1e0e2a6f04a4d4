import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { changedDraft, type Drafts, NOTHING_ELSE, openDrafts } from './drafts.ts';
import { changeDraft, closeSavedDraft, openDraft, showDraft } from './open-drafts.ts';

const texts = new Map<string, string>();
let hasRoom = true;
let drafts: Drafts;
let count = 0;

beforeEach(() => {
  // They are the tab's, which has none of another name.
  count++;
  hasRoom = true;
  texts.clear();
  vi.stubGlobal('addEventListener', () => undefined);
  vi.stubGlobal('removeEventListener', () => undefined);
  drafts = openDrafts(
    {
      get length() {
        return texts.size;
      },
      key: (index) => [...texts.keys()][index] ?? null,
      getItem: (key) => texts.get(key) ?? null,
      setItem: (key, text) => {
        if (!hasRoom) {
          throw new DOMException('', 'QuotaExceededError');
        }
        texts.set(key, text);
      },
      removeItem: (key) => void texts.delete(key),
    },
    'me',
  );
});
afterEach(() => vi.unstubAllGlobals());

const type = (id: string, name: string) => changeDraft(drafts, id, (draft) => changedDraft(draft, { name }));

test('what the browser has no room for is not taken for the work of another tab, nor given up for what was kept', () => {
  const id = `room${count}`;
  type(id, 'kept');
  hasRoom = false;
  type(id, 'more');
  type(id, 'more yet');
  expect(openDraft(drafts, id, {})).toMatchObject({ movedTo: null, isKept: false });
  showDraft(drafts, id)();
  expect(openDraft(drafts, id, {}).draft.document).toEqual({ name: 'more yet' });
  hasRoom = true;
  type(id, 'all');
  expect(openDraft(drafts, id, {})).toMatchObject({ movedTo: null, isKept: true });
  expect(drafts.read(id)?.document).toEqual({ name: 'all' });
});

test('what is typed while a draft is being saved is not forgotten with it', () => {
  const id = `saved${count}`;
  type(id, 'saved');
  const { revision } = openDraft(drafts, id, {}).draft;
  type(id, 'typed since');
  expect(closeSavedDraft(drafts, id, revision)).toBe(false);
  expect(drafts.read(id)?.document).toEqual({ name: 'typed since' });
  expect(closeSavedDraft(drafts, id, openDraft(drafts, id, {}).draft.revision)).toBe(true);
  expect(drafts.read(id)).toBeNull();
});

test('a draft of a saved job keeps what it began from, over a reload and whatever becomes of the job', () => {
  const id = `basis${count}`;
  const before = { name: 'as it was' };
  const after = { name: 'changed by somebody' };
  openDraft(drafts, id, before, before);
  type(id, 'mine');
  // Another page knows only what the browser keeps.
  texts.set(`quarry.draft.me.of-${id}`, texts.get(`quarry.draft.me.${id}`)!);
  expect(openDraft(drafts, `of-${id}`, after, after).draft).toMatchObject({
    document: { name: 'mine' },
    basis: before,
  });
});

test('a draft that changes nothing begins with the job as it is by then', () => {
  const id = `same${count}`;
  const before = { name: 'as it was' };
  const after = { name: 'changed by somebody' };
  openDraft(drafts, id, before, before);
  showDraft(drafts, id)();
  expect(openDraft(drafts, id, after, after).draft).toMatchObject({ document: after, basis: after });
  type(id, 'mine');
  type(id, after.name);
  showDraft(drafts, id)();
  expect(openDraft(drafts, id, before, before).draft).toMatchObject({ document: before, basis: before });
});

test('a draft that an earlier portal has kept is one of the job as it is opened', () => {
  const id = `old${count}`;
  const { basis: _unknown, ...old } = changedDraft(NOTHING_ELSE, { name: 'mine' });
  texts.set(`quarry.draft.me.${id}`, JSON.stringify(old));
  const now = { name: 'now' };
  expect(openDraft(drafts, id, now, now).draft).toMatchObject({ document: { name: 'mine' }, basis: now });
});
