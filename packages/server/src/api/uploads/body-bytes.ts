import type { Readable } from 'node:stream';
import { HttpProblem } from '../../http/http-problems.ts';

/** A client that sends nothing for so long has gone without a word. */
const STALL_MILLISECONDS = 5 * 60_000;

/**
 * The bytes of a body as they come; leaving off does not destroy the body, and with it the answer. `onStalled` is called
 * when somebody waits for bytes and none come.
 */
export async function* bodyBytes(
  body: Readable,
  onStalled: (reason: HttpProblem) => void,
  stallMilliseconds = STALL_MILLISECONDS,
): AsyncGenerator<Uint8Array> {
  let isWaiting = true;
  let hasMoved = false;
  const watch = setInterval(() => {
    if (isWaiting && !hasMoved) {
      onStalled(stalled());
    }
    hasMoved = false;
  }, stallMilliseconds);
  try {
    for await (const chunk of body.iterator({ destroyOnReturn: false })) {
      hasMoved = true;
      isWaiting = false;
      yield chunk as Uint8Array;
      isWaiting = true;
    }
  } finally {
    clearInterval(watch);
  }
}

function stalled(): HttpProblem {
  return new HttpProblem(408, 'The upload stopped in the middle: nothing came for minutes.', {
    code: 'upload_stalled',
    hint: 'What had arrived is kept. HEAD tells where to go on.',
  });
}
