import { expect, test } from 'vitest';
import { forgetForm, keepBeside, keepFields, keptBeside, keptFields, putArrival } from './kept-form.ts';

function texts() {
  const all = new Map<string, string>();
  return {
    getItem: (key: string) => all.get(key) ?? null,
    setItem: (key: string, text: string) => void all.set(key, text),
    removeItem: (key: string) => void all.delete(key),
    all,
  };
}
const awaited = (key: number, field: string) => ({ pageId: 'page', key, name: `${key}.dat`, field });
const mesh = { name: 'mesh', type: 'file', default: null } as const;
const parts = { name: 'parts', type: 'files' as const, default: ['given'] };

test('a file that arrives while its form is out of sight is in its field, beside what was typed', () => {
  const kept = texts();
  keepFields(kept, 'form', JSON.stringify({ speed: '7', mesh: ['old'] }));
  keepBeside(kept, 'form', {
    jobName: 'wing',
    awaited: [awaited(1, 'mesh'), awaited(2, 'parts'), awaited(3, 'parts')],
  });
  expect(putArrival(kept, 'form', mesh, { pageId: 'page', key: 1, fileId: 'new' })).toBe(true);
  expect(putArrival(kept, 'form', parts, { pageId: 'page', key: 2, fileId: 'part' })).toBe(true);
  expect(JSON.parse(keptFields(kept, 'form')!)).toEqual({
    speed: '7',
    mesh: ['new'],
    parts: ['given', 'part'],
  });
  expect(keptBeside(kept, 'form')).toEqual({ jobName: 'wing', awaited: [awaited(3, 'parts')] });
});

test('a file that nobody waits for any more goes into no form: another page has begun it, it was given up, or the job is made', () => {
  const kept = texts();
  keepBeside(kept, 'form', { jobName: '', awaited: [awaited(1, 'mesh')] });
  expect(putArrival(kept, 'form', mesh, { pageId: 'another', key: 1, fileId: 'new' })).toBe(false);
  expect(putArrival(kept, 'form', mesh, { pageId: 'page', key: 2, fileId: 'new' })).toBe(false);
  expect(keptFields(kept, 'form')).toBeNull();
  forgetForm(kept, 'form');
  expect(putArrival(kept, 'form', mesh, { pageId: 'page', key: 1, fileId: 'new' })).toBe(false);
  expect(kept.all.size).toBe(0);
});

test('whatever lies there, a form begins', () => {
  for (const text of ['', '{', '5', 'null', '[]', '{"awaited": [null, {"key": "1"}], "jobName": 4}']) {
    const kept = texts();
    kept.setItem('form.beside', text);
    expect(keptBeside(kept, 'form'), text).toEqual({ jobName: '', awaited: [] });
  }
});
