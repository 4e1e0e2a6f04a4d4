/** What is wrong with a request as HTTP, which no dialect has other words for: each carries its status. */
import { Problem, type ProblemWords } from '../problems.ts';

interface HttpWords extends ProblemWords {
  headers?: Readonly<Record<string, string>>;
}

/** A request that is refused for what it is as HTTP. */
export class HttpProblem extends Problem {
  override readonly name = 'HttpProblem';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, detail: string, words: HttpWords) {
    super('protocol', detail, words);
    this.status = status;
    this.headers = words.headers ?? {};
  }
}

export function methodNotAllowed(method: string, allowed: readonly string[]): HttpProblem {
  return new HttpProblem(405, `Method "${method}" not allowed.`, {
    code: 'method_not_allowed',
    hint: `Allowed here: ${allowed.join(', ')}.`,
    headers: { allow: allowed.join(', ') },
  });
}

/** An address that no version of the API that is served here has; clients of other versions say so to their users. */
export function unknownPath(path: string, version: string): HttpProblem {
  return new HttpProblem(404, `There is nothing at ${path}.`, {
    code: 'unknown_path',
    hint: `This server is Quarry ${version}: /api/reference/ shows what it answers. A client that was made for another version may know calls that it does not have.`,
  });
}

/** The client began a body and did not finish it. */
export function bodyTimeout(seconds: number): HttpProblem {
  return new HttpProblem(408, `The request body did not arrive within ${seconds} seconds.`, {
    code: 'body_timeout',
    hint: 'Send the whole body at once, of the length that Content-Length says.',
  });
}

export function urlTooLong(limit: number): HttpProblem {
  return new HttpProblem(414, `The URL is longer than ${limit} bytes.`, {
    code: 'url_too_long',
    hint: 'Shorten the query.',
  });
}

export function unsupportedMediaType(mediaType: string, allowed: string): HttpProblem {
  return new HttpProblem(415, `Unsupported media type "${mediaType}" in request.`, {
    code: 'unsupported_media_type',
    hint: `Send the body as ${allowed}.`,
  });
}

/** A body in a coding that is not undone; `accepted` is what RFC 9110, 15.5.16 wants to be told of those that are. */
export function contentCodingUnknown(coding: string, accepted: 'gzip' | 'identity'): HttpProblem {
  return new HttpProblem(415, `The Content-Encoding "${coding.slice(0, 100)}" is not decoded here.`, {
    code: 'content_coding_unknown',
    hint:
      accepted === 'gzip'
        ? 'Send the body as it is, without Content-Encoding, or compressed with gzip.'
        : 'Send the bytes of the file as they are, without Content-Encoding: a compressed file stays compressed, and is unpacked for the job when its name ends in .gz.',
    headers: { 'accept-encoding': accepted },
  });
}

/** A range of bytes behind the end of what has `sizeBytes`. */
export function unsatisfiableRange(asked: string, sizeBytes: number): HttpProblem {
  return new HttpProblem(
    416,
    `The range "${asked.slice(0, 100)}" begins behind the end of the file, which has ${sizeBytes} bytes.`,
    {
      code: 'range_not_satisfiable',
      hint: `Ask for bytes between 0 and ${sizeBytes - 1}.`,
      headers: { 'content-range': `bytes */${sizeBytes}`, 'accept-ranges': 'bytes' },
    },
  );
}

/** Whatever a header `Expect` asks for beside 100-continue. */
export function expectationFailed(expectation: string): HttpProblem {
  return new HttpProblem(417, `The expectation "${expectation.slice(0, 100)}" cannot be met.`, {
    code: 'expectation_failed',
    hint: 'Leave the header Expect out, or send "Expect: 100-continue".',
  });
}

/** A body in a transfer coding that is not undone here, so that its bytes would be taken for something else. */
export function transferCodingUnknown(coding: string): HttpProblem {
  return new HttpProblem(501, `The transfer coding "${coding.slice(0, 100)}" is not known here.`, {
    code: 'transfer_coding_unknown',
    hint: 'Send the body as it is, with a Content-Length or with "Transfer-Encoding: chunked".',
    headers: { connection: 'close' },
  });
}

export function versionNotSupported(version: string): HttpProblem {
  return new HttpProblem(505, `HTTP/${version} is not spoken here.`, {
    code: 'version_not_supported',
    hint: 'Speak HTTP/1.1.',
    headers: { connection: 'close' },
  });
}
