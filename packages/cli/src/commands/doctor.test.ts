import { expect, test } from 'vitest';
import { Io } from '../io.ts';
import doctor from './doctor.ts';

function shown(checks: object[]): string {
  let text = '';
  const stream = {
    write: (chunk: string | Uint8Array) => {
      text += chunk;
      return true;
    },
  };
  const io = new Io({
    stdin: process.stdin,
    stdout: stream,
    stderr: stream,
    clock: { now: () => 0, sleep: async () => {} },
    json: false,
    quiet: false,
    verbose: false,
    color: false,
  });
  doctor.present!({ checks }, io, {}, { now: () => 0, sleep: async () => {} });
  return text;
}

const ok = { name: 'key', status: 'ok', message: 'is good', hint: null };

test('a message of several lines stays readable, and a warning is counted', () => {
  const platform = { name: 'platform', status: 'warning', message: 'one\ntwo', hint: 'Try this.\nOr that.' };
  expect(shown([ok, platform])).toBe(
    'ok       key: is good\nwarning  platform: one\n         two\n         Try this.\n         Or that.\n' +
      '\nNo errors; 1 warning.\n',
  );
});

test('the last line counts errors, or says that nothing is wrong', () => {
  expect(shown([ok, { ...ok, status: 'error' }])).toContain('\n1 error, 0 warnings; see above.\n');
  expect(shown([ok])).toContain('\nNothing is wrong.\n');
});
