import { knownClients } from './compatibility/clients.ts';
import { type KnownEndpoint, knownEndpoints } from './compatibility/endpoints.ts';
import { callsOf, isServed, type NeededCall } from './compatibility/served.ts';
import { table } from './markdown.ts';

/** `docs/compatibility.md`: what of the known API is served, endpoint by endpoint and client by client. */
export function compatibilityPage(): string {
  const subjects = [...new Set(knownEndpoints.map(({ subject }) => subject))];
  const rows = knownEndpoints.flatMap((endpoint) =>
    endpoint.versions.map((version) => isServed(endpoint, version)),
  );
  return `# Compatibility

What of the Rescale REST API this server answers. The list of endpoints is what public clients are known to call; what
is served is read from the server's own contract. Besides, every endpoint of v2 also answers under \`/api/\` without a
version, and most endpoints that are known in one version only answer in the other as well: see
[the reference](openapi.json) or \`/api/reference/\` on a server.

Of ${rows.length} known calls, ${rows.filter(Boolean).length} are served. A call that is not served answers 404.

## Client by client

A client needs all the calls that it makes in ordinary use. Where its base URL is fixed in its code,
the name \`platform.rescale.com\` has to lead to your server, with a certificate that the machine trusts.

${table(
  ['client', 'base URL', 'calls served', 'not yet served'],
  knownClients.map((client) => {
    const calls = callsOf(client);
    const missing = calls.filter(({ endpoint, version }) => !isServed(endpoint, version));
    return [
      client.name,
      client.baseUrl ?? 'fixed in its code',
      missing.length === 0
        ? `**all ${calls.length}**`
        : `${calls.length - missing.length} of ${calls.length}`,
      missing.map(nameOf).join('<br>'),
    ];
  }),
)}

## Endpoint by endpoint

The HTC API (containers, on a host of its own) is not served.

${subjects.map(subjectSection).join('\n\n')}
`;
}

function nameOf({ endpoint, version }: NeededCall): string {
  return `\`${endpoint.method} ${version} ${endpoint.path}\``;
}

function subjectSection(subject: string): string {
  const ofSubject = knownEndpoints.filter((endpoint) => endpoint.subject === subject);
  const rows = [...Map.groupBy(ofSubject, ({ method, path }) => `${method} ${path}`).values()].map(
    (same) => ({
      ...same[0]!,
      versions: same.flatMap(({ versions }) => versions),
    }),
  );
  return `### ${subject}

${table(
  ['method', 'path', 'v2', 'v3'],
  rows.map((endpoint) => [
    endpoint.method,
    `\`${endpoint.path || '(the root)'}\``,
    verdict(endpoint, 'v2'),
    verdict(endpoint, 'v3'),
  ]),
)}`;
}

/** Where no client is known to call a version, an answer there is a gift and its absence no lack. */
function verdict(endpoint: KnownEndpoint, version: 'v2' | 'v3'): string {
  if (isServed(endpoint, version)) {
    return 'served';
  }
  return endpoint.versions.includes(version) ? 'not yet' : '';
}
