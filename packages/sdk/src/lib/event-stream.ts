/** Reads server-sent events (WHATWG HTML, 9.2.6) from the body of an answer. */
import { InvalidResponseError } from '../errors.ts';
import { EVENT_CHARACTERS } from '../limits.ts';

export interface ServerSentEvent {
  /** Empty where there is nothing but an id, which is to be remembered. */
  type: string;
  data: string;
  /** What a client that comes again names as the last it has seen; undefined while no event named one. */
  lastId: string | undefined;
}

/** What a stream yields: an event, or null for anything else that shows that the other side is there. */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<ServerSentEvent | null, void, undefined> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let lastId: string | undefined;
  let type = '';
  let data: string[] = [];
  let isNamed = false;
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      // An event that was not closed by an empty line is no event.
      if (done) {
        return;
      }
      text += decoder.decode(value, { stream: true });
      yield null;
      for (;;) {
        const end = text.search(/[\r\n]/);
        // A carriage return at the very end may be half of a line end.
        if (end < 0 || (text[end] === '\r' && end === text.length - 1)) {
          break;
        }
        const line = text.slice(0, end);
        text = text.slice(end + (text.startsWith('\r\n', end) ? 2 : 1));
        size += line.length;
        if (line === '') {
          if (data.length > 0) {
            yield { type: type || 'message', data: data.join('\n'), lastId };
          } else if (isNamed) {
            yield { type: '', data: '', lastId };
          }
          type = '';
          data = [];
          isNamed = false;
          size = 0;
          continue;
        }
        const colon = line.indexOf(':');
        const field = colon < 0 ? line : line.slice(0, colon);
        const content = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
        if (field === 'event') {
          type = content;
        } else if (field === 'data') {
          data.push(content);
        } else if (field === 'id' && !content.includes('\0')) {
          lastId = content;
          isNamed = true;
        }
      }
      if (size + text.length > EVENT_CHARACTERS) {
        throw new InvalidResponseError(`An event of more than ${EVENT_CHARACTERS} characters came.`);
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
