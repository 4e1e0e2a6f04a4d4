import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OutputVariableReader } from './output-variables.ts';

function read(chunks: (string | Buffer)[]) {
  const variables: { name: string; value: number }[] = [];
  const reader = new OutputVariableReader('The script', variables, new Set(['x']));
  for (const chunk of chunks) {
    reader.write(Buffer.from(chunk));
  }
  return { failure: reader.end(), variables };
}

test('how the bytes are cut into chunks changes nothing', () => {
  const text = 'log\nCd\t0.1\n größe \t+1.5E3\r\n\nCl\tbad\nx\t1\nCm\t-.5';
  const whole = read([text]);
  expect(whole.variables).toEqual([
    { name: 'Cd', value: 0.1 },
    { name: 'größe', value: 1500 },
    { name: 'Cm', value: -0.5 },
  ]);
  expect(whole.failure).toMatchObject({ code: 'output_not_a_number' });
  expect(whole.failure!.message).toContain('line 5, column 4');
  const bytes = Buffer.from(text);
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 8 }), (cuts) => {
      const at = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
      expect(read(at.slice(1).map((end, index) => bytes.subarray(at[index], end)))).toEqual(whole);
    }),
  );
});

test('any finite number that JavaScript writes is read as itself', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(read([`a\t${value}\n`]).variables).toEqual([{ name: 'a', value: Number(String(value)) }]);
    }),
  );
});

test('more variables than allowed, and more bytes of them, are refused; lines without a tab may be endless', () => {
  const lines = Array.from({ length: 10_001 }, (_, index) => `v${index}\t${index}\n`).join('');
  const many = read([lines]);
  expect(many.failure).toMatchObject({ code: 'output_too_many' });
  expect(many.failure!.message).toContain('line 10001');
  expect(many.variables).toHaveLength(10_000);
  const long = read(['a\t1\n', 'n'.repeat(600_000), '\t1\n', 'm'.repeat(600_000), '\t2\nb\t2\n']);
  expect(long.failure).toMatchObject({ code: 'output_too_large' });
  expect(long.variables).toHaveLength(2);
  const log = read([...Array.from({ length: 40 }, () => 'x'.repeat(65_536)), '\ta\nCd\t2\n']);
  expect(log).toEqual({ failure: null, variables: [{ name: 'Cd', value: 2 }] });
});
