import { type Html, html, inline, paragraphs } from '../html.ts';
import { boundsOf, fieldsOf, type Schema, typeOf } from './schema.ts';

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema: Schema;
}

interface Media {
  schema?: Schema;
  example?: unknown;
}

interface Body {
  description?: string;
  headers?: Record<string, { description?: string; schema: Schema }>;
  content?: Record<string, Media>;
}

export interface Operation {
  operationId: string;
  tags: string[];
  summary: string;
  description?: string;
  parameters?: Parameter[];
  requestBody?: Body;
  responses: Record<string, Body & { $ref?: string }>;
  'x-access'?: string;
  'x-extension'?: boolean;
}

/** One call of the API in its method, under its path. */
export interface Call {
  method: string;
  path: string;
  operation: Operation;
}

const ACCESS: Record<string, string> = {
  public: 'no key needed',
  manager: 'for project managers',
  admin: 'for administrators',
  agent: 'for agents only',
};

/** One call: what it is for, what goes in, what comes out, and how to try it. */
export function operationSection({ method, path, operation }: Call): Html {
  const { operationId, summary, description, parameters = [], requestBody, responses } = operation;
  const access = ACCESS[operation['x-access'] ?? ''];
  return html`<article class="operation" id="${operationId}">
<h3><a href="#${operationId}">${operationId}</a> <span class="quiet">${inline(summary)}</span></h3>
<p class="route"><span class="method ${method}">${method.toUpperCase()}</span> <code>${path}</code>
${access && html`<span class="mark">${access}</span>`}
${operation['x-extension'] && html`<span class="mark">not part of the original API</span>`}</p>
${description && paragraphs(description)}
${['path', 'query', 'header'].map((place) => parameterList(place, parameters))}
${requestBody && bodySection(requestBody)}
<h4>Answers</h4>
<table class="answers"><tbody>${Object.entries(responses).map(([status, response]) => answerRow(status, response))}</tbody></table>
<details><summary>With curl</summary><pre tabindex="0"><code>${curl({ method, path, operation })}</code></pre></details>
</article>
`;
}

function parameterList(place: string, parameters: Parameter[]): Html | null {
  const here = parameters.filter((parameter) => parameter.in === place);
  if (here.length === 0) {
    return null;
  }
  const title = { path: 'In the path', query: 'In the query', header: 'In the headers' }[place];
  return html`<h4>${title}</h4><dl class="fields">${here.map((parameter) =>
    valueRow({ ...parameter, required: parameter.required && place !== 'path' }),
  )}</dl>`;
}

function valueRow({ name, required, description, schema }: Omit<Parameter, 'in'>): Html {
  return html`<dt><code>${name}</code> <span class="type">${typeOf(schema)}</span>${
    required && html` <span class="required">required</span>`
  }</dt><dd>${description && inline(description)} ${boundsOf(schema)}</dd>`;
}

function bodySection({ description, content = {} }: Body): Html {
  return html`<h4>Body</h4>${description && paragraphs(description)}
${Object.entries(content).map(([mediaType, media]) => mediaSection(mediaType, media))}`;
}

function mediaSection(mediaType: string, { schema, example }: Media): Html {
  return html`<p class="type">${mediaType}${schema && html`: ${typeOf(schema)}`}</p>${schema && fieldsOf(schema)}${
    example !== undefined && exampleSection(example)
  }`;
}

function exampleSection(example: unknown): Html {
  const text = typeof example === 'string' ? example : JSON.stringify(example, null, 2);
  return html`<details><summary>Example</summary><pre tabindex="0"><code>${text}</code></pre></details>`;
}

function answerRow(status: string, response: Body & { $ref?: string }): Html {
  if (response.$ref) {
    const name = response.$ref.split('/').at(-1)!;
    return html`<tr><td>${status}</td><td><a href="#response-${name}">${name}</a></td></tr>`;
  }
  const { description = '', headers = {}, content = {} } = response;
  return html`<tr><td>${status}</td><td>${inline(description)}${Object.entries(content).map(
    ([mediaType, media]) => mediaSection(mediaType, media),
  )}${headerList(headers)}</td></tr>`;
}

function headerList(headers: NonNullable<Body['headers']>): Html | null {
  const rows = Object.entries(headers);
  if (rows.length === 0) {
    return null;
  }
  return html`<p class="type">Headers</p><dl class="fields">${rows.map(([name, header]) => valueRow({ name, ...header }))}</dl>`;
}

/** A command that is right but for the words in angle brackets, with address and key in their usual variables. */
function curl({ method, path, operation }: Call): string {
  const address = `$RESCALE_API_BASE_URL${path.replace(/\{(\w+)\}/g, '<$1>')}`;
  const mediaType = Object.keys(operation.requestBody?.content ?? {})[0];
  const body = operation.requestBody?.content?.[mediaType ?? '']?.schema;
  return [
    'curl',
    method === 'get' ? '' : `-X ${method.toUpperCase()}`,
    operation['x-access'] === 'public' ? '' : '-H "Authorization: Token $RESCALE_API_KEY"',
    mediaType === 'multipart/form-data' ? '-F file=@<file>' : '',
    mediaType === 'application/json' && body ? "-H 'Content-Type: application/json' -d @<file>.json" : '',
    `"${address}"`,
  ]
    .filter(Boolean)
    .join(' ');
}
