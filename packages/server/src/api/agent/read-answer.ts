import type { Readable } from 'node:stream';
import { agentAnswer } from '@quarry/contract';
import type { FileAnswer } from '../../jobs/life/agent-requests.ts';
import { LIMITS } from '../../limits.ts';
import { refused, tooLarge } from '../../problems.ts';
import { drain } from '../files/drain.ts';

const LINE_END = 0x0a;

/** Reads the first line of an answer, and the bytes behind it. */
export async function readAnswer(stream: Readable): Promise<FileAnswer> {
  const body = await collect(stream);
  const end = body.indexOf(LINE_END);
  const head = end < 0 ? undefined : parse(body.toString('utf8', 0, end));
  const answer = agentAnswer.safeParse(head);
  if (!answer.success) {
    throw refused('The body does not begin with a line of JSON that is an answer.', {
      code: 'parse_error',
      hint: 'One JSON object in UTF-8, a line feed, and then the bytes that were asked for, if any.',
    });
  }
  return { head: answer.data, bytes: body.subarray(end + 1) };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    bytes += (chunk as Buffer).length;
    if (bytes > LIMITS.agentAnswerBytes) {
      break;
    }
    chunks.push(chunk as Buffer);
  }
  if (bytes > LIMITS.agentAnswerBytes) {
    await drain(stream);
    throw tooLarge(
      `The answer is larger than ${LIMITS.agentAnswerBytes} bytes.`,
      'Send no more than was asked for.',
    );
  }
  return Buffer.concat(chunks);
}
