/**
 * `count-tests.ts FILE [--may-skip]` prints how many tests of a Vitest JSON report passed and failed, and on stderr which
 * failed and why; a skipped one fails here unless it may.
 */
import { existsSync, readFileSync } from 'node:fs';

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numFailedTestSuites: number;
  testResults: { name: string; status: string; assertionResults: TestResult[] }[];
}

interface TestResult {
  status: string;
  fullName: string;
  failureMessages: string[];
}

const REASON_LENGTH = 600;

const path = process.argv[2] ?? '';
const maySkip = process.argv[3] === '--may-skip';
if (!existsSync(path) || readFileSync(path, 'utf8') === '') {
  process.stderr.write('The test run left no report: it did not come to its end.\n');
  process.stdout.write('0 1\n');
} else {
  const report = JSON.parse(readFileSync(path, 'utf8')) as Report;
  let failed = report.numFailedTests;
  for (const file of report.testResults) {
    // A file that could not be loaded has no tests to count.
    if (file.status === 'failed' && file.assertionResults.length === 0) {
      failed += 1;
      process.stderr.write(`could not be run: ${file.name}\n`);
    }
    for (const test of file.assertionResults) {
      if (test.status === 'failed') {
        const reason = test.failureMessages.join('\n').slice(0, REASON_LENGTH);
        process.stderr.write(`failed: ${test.fullName}\n  in ${file.name}\n  ${reason}\n`);
      }
      if (maySkip || !['skipped', 'pending', 'todo', 'disabled'].includes(test.status)) {
        continue;
      }
      failed += 1;
      process.stderr.write(`skipped, which must not happen here: ${test.fullName}\n`);
    }
  }
  if (report.numPassedTests === 0) {
    failed += 1;
  }
  process.stdout.write(`${report.numPassedTests} ${failed}\n`);
}
