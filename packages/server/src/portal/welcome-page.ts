/** Until the portal's screens exist: a page that tells a visitor where the API is. */
export function welcomePage({ version, baseUrl }: { version: string; baseUrl: string }): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Quarry</title><meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:4rem auto;padding:0 1rem}code{background:#eee;padding:.1em .3em}</style></head>
<body>
<h1>Quarry ${version}</h1>
<p>This is a platform for compute jobs. Its API is at <code>${baseUrl}/api/v2/</code>; the
<a href="/api/reference/">reference</a> describes every call, and <a href="/api/openapi.json">openapi.json</a> is its
OpenAPI document.</p>
<p>On the command line: <code>quarry auth login --base-url ${baseUrl}</code>.</p>
</body>
</html>
`;
}
