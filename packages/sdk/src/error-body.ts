/** Reads the error bodies of Django REST framework, and the additions `code`, `hint` and `docs` beside them. */

/** One message about one field; `path` is empty when the message is about the request as a whole. */
export interface FieldError {
  path: string;
  message: string;
}

export interface ErrorBody {
  body: unknown;
  detail: string | null;
  fieldErrors: FieldError[];
  code: string | null;
  hint: string | null;
  docs: string | null;
  requestId: string | null;
}

/** Takes the text of an error answer apart; never throws, whatever a proxy in between wrote. */
export function readErrorBody(text: string): ErrorBody {
  const read: ErrorBody = {
    body: text,
    detail: null,
    fieldErrors: [],
    code: null,
    hint: null,
    docs: null,
    requestId: null,
  };
  try {
    read.body = JSON.parse(text);
  } catch {
    read.detail = plainWords(text);
    return read;
  }
  const { body } = read;
  if (typeof body === 'string') {
    read.detail = body;
  } else if (Array.isArray(body)) {
    collect(body, '', read.fieldErrors);
  } else if (body !== null && typeof body === 'object') {
    const rest: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(body)) {
      // A field may be called `code` as well: its errors come as a list, ours as a plain string.
      const plain = typeof value === 'string';
      if (plain && isOurs(key)) {
        read[key] = value;
      } else if (key !== 'warnings') {
        rest[key] = value;
      }
    }
    collect(rest, '', read.fieldErrors);
  }
  return read;
}

function isOurs(key: string): key is 'detail' | 'code' | 'hint' | 'docs' | 'requestId' {
  return key === 'detail' || key === 'code' || key === 'hint' || key === 'docs' || key === 'requestId';
}

function collect(value: unknown, path: string, found: FieldError[]): void {
  if (value === null || value === undefined || value === '') {
    return;
  }
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      collect(item, isLeaf(item) ? path : `${path}[${index}]`, found);
    });
  } else if (typeof value === 'object') {
    for (const [key, item] of Object.entries(value)) {
      const wholeRequest = key === 'non_field_errors' || key === 'detail';
      collect(item, wholeRequest ? path : path === '' ? key : `${path}.${key}`, found);
    }
  } else {
    found.push({ path, message: String(value) });
  }
}

function isLeaf(value: unknown): boolean {
  return value === null || typeof value !== 'object';
}

/** A short text stays; a page of HTML is worth only its title. */
function plainWords(text: string): string | null {
  const title = /<title[^>]*>([^<]*)<\/title>/i.exec(text)?.[1]?.trim();
  if (title !== undefined && title !== '') {
    return title;
  }
  const words = text.trim();
  return words === '' || words.startsWith('<') ? null : words.slice(0, 500);
}
