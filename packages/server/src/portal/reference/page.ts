import type { ApiVersion, OpenApiDocument } from '@quarry/contract';
import { type Html, html, inline, paragraphs } from '../html.ts';
import { layout } from '../layout.ts';
import { type Call, type Operation, operationSection } from './operation.ts';
import { fieldsOf, type Schema, typeOf } from './schema.ts';

export interface ReferenceOptions {
  api: OpenApiDocument;
  apiVersion: ApiVersion;
  /** Release of the server. */
  version: string;
}

/** The whole API as one page without scripts: the browser's own search finds everything in it. */
export function referencePage({ api, apiVersion, version }: ReferenceOptions): Html {
  const groups = groupByTag(api);
  const schemas = Object.entries(api.components.schemas as Record<string, Schema>);
  const other = apiVersion === 'v2' ? 'v3' : 'v2';
  const content = html`<div class="with-contents">
<nav class="contents" aria-label="Contents">
<details><summary>Contents</summary>
${groups.map(
  ({ name, calls }) =>
    html`<h2>${name}</h2><ul>${calls.map(
      ({ operation }) => html`<li><a href="#${operation.operationId}">${operation.operationId}</a></li>`,
    )}</ul>`,
)}
<h2>Schemas</h2><ul>${schemas.map(([name]) => html`<li><a href="#schema-${name}">${name}</a></li>`)}</ul>
</details>
</nav>
<main class="reference" id="content">
<h1>${api.info.title}</h1>
${paragraphs(String(api.info.description))}
<p>This is ${apiVersion}; there is also <a href="/api/reference/?version=${other}">${other}</a>. The same as an
OpenAPI document: <a href="/api/${apiVersion}/openapi.json">openapi.json</a>.</p>
${groups.map(
  ({ name, description, calls }) => html`<section aria-label="${name}"><h2>${name}</h2><p>${description}</p>
${calls.map((call) => operationSection(call))}</section>`,
)}
<section aria-label="Refusals"><h2>Refusals</h2>${refusals(api)}</section>
<section aria-label="Schemas"><h2>Schemas</h2>${schemas.map(([name, schema]) => schemaSection(name, schema))}</section>
</main>
</div>`;
  return layout({ title: `${api.info.title} · Quarry`, version, content });
}

function groupByTag(api: OpenApiDocument): Array<{ name: string; description: string; calls: Call[] }> {
  const calls: Call[] = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method,
      path,
      operation: operation as unknown as Operation,
    })),
  );
  return api.tags
    .map(({ name, description }) => ({
      name,
      description,
      calls: calls.filter(({ operation }) => operation.tags.includes(name)),
    }))
    .filter(({ calls }) => calls.length > 0);
}

function refusals(api: OpenApiDocument): Html {
  const responses = api.components.responses as Record<string, { description: string }>;
  return html`<table><tbody>${Object.entries(responses).map(
    ([name, { description }]) =>
      html`<tr id="response-${name}"><th scope="row">${name}</th><td>${inline(description)} <a href="#schema-Error">Error</a></td></tr>`,
  )}</tbody></table>`;
}

function schemaSection(name: string, schema: Schema): Html {
  return html`<article class="schema" id="schema-${name}"><h3>${name}</h3>
${schema.description && html`<p>${inline(schema.description)}</p>`}
${fieldsOf(schema) ?? html`<p class="type">${typeOf(schema)}</p>`}</article>
`;
}
