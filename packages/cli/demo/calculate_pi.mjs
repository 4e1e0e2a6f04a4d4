// Estimates pi by the Leibniz series. Usage: node calculate_pi.mjs range.inp
import { readFileSync, writeFileSync } from 'node:fs';

const input = readFileSync(process.argv[2], 'utf8');
const terms = Number(/terms\s*=\s*(\d+)/.exec(input)[1]);
console.log(`Adding up ${terms} terms`);

let sum = 0;
// From the smallest term to the largest one, so that rounding takes as little as possible.
for (let term = terms - 1; term >= 0; term -= 1) {
  sum += (term % 2 === 0 ? 4 : -4) / (2 * term + 1);
  if (term % (terms / 4) === 0) {
    console.log(`${100 - (100 * term) / terms}% done`);
  }
}

console.log(`pi is about ${sum}`);
writeFileSync('pi_estimate.res', `${sum}\n`);
const bytes = Buffer.alloc(8);
bytes.writeDoubleLE(sum);
writeFileSync('pi_estimate.bin', bytes);
