import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';

/** Never ends by itself, and says on stdout when it listens and how it was told to end. */
const stubborn = (more: string) => `
  import { interruptionOfThisProcess } from ${JSON.stringify(new URL('./interruption.ts', import.meta.url).href)};
  const { signal, allowToEnd } = interruptionOfThisProcess();
  process.on('exit', (code) => process.stdout.write('exit ' + code));
  setInterval(() => {}, 1000);
  ${more}
  process.stdout.write('ready ');
`;

test.each([
  ['SIGINT', 'exit 130'],
  ['SIGTERM', 'exit 143'],
] as const)('work that does not end after %s is ended by it', async (name, words) => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', stubborn('allowToEnd(1);')]);
  let written = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    written += text;
    if (written === 'ready ') {
      child.kill(name);
    }
  });
  const [code, signal] = await once(child, 'close');
  expect({ code, signal, written }).toEqual({ code: null, signal: name, written: `ready ${words}` });
});
