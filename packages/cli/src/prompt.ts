import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { usageError } from './errors.ts';
import type { Io } from './io.ts';

/** Asks on stderr and reads one line from the terminal. Ask `io.canPrompt` first. */
export async function ask(io: Io, question: string, signal: AbortSignal): Promise<string> {
  return read(io, question, signal, io.stderr as unknown as NodeJS.WritableStream);
}

/** The same for secrets: what is typed is not shown. */
export async function askHidden(io: Io, question: string, signal: AbortSignal): Promise<string> {
  io.stderr.write(question);
  const silence = new Writable({ write: (_chunk, _encoding, done) => done() });
  const answer = await read(io, '', signal, silence);
  io.stderr.write('\n');
  return answer;
}

async function read(
  io: Io,
  question: string,
  signal: AbortSignal,
  output: NodeJS.WritableStream,
): Promise<string> {
  const lines = createInterface({ input: io.stdin, output, terminal: true });
  try {
    const answer = (await lines.question(question, { signal })).trim();
    if (answer === '') {
      throw usageError('Nothing was entered.');
    }
    return answer;
  } finally {
    lines.close();
  }
}
