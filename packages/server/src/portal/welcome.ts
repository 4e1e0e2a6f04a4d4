import type { PortalAddress } from './addresses.ts';
import type { BuildState } from './build.ts';
import { type Html, html } from './html.ts';
import { layout } from './layout.ts';

/** How often a page that waits for the portal looks whether it is there. */
const BUILDING_LOOK_SECONDS = 2;

/** The page at every address while the portal is not built, with the commands that help there. */
export function welcomePage(options: {
  version: string;
  baseUrl: string;
  place?: PortalAddress | undefined;
  build: BuildState;
}): Html {
  const { version, baseUrl, place, build } = options;
  const content = html`<main class="page" id="content">
${place && notice(place)}
${aboutBuild(build)}
<${heading(place)}>A platform for compute jobs</${heading(place)}>
<p>Jobs, files and results of this platform are reached by the command line, by the SDK, and by any program that
speaks the Rescale REST API. Its address is</p>
<pre><code>${baseUrl}</code></pre>

<h2>Connect</h2>
<p>You need an API key: <code>quarry serve</code> prints the first one, an administrator makes one for you with
<code>quarry users create</code>, and with a key you make further ones with <code>quarry keys create</code>. Then:</p>
<pre><code>quarry auth login --base-url ${baseUrl}</code></pre>
<p>On the machine that runs the server, <code>quarry</code> finds it without logging in.</p>

<h2>Run a job</h2>
<pre><code>quarry jobs submit --command 'echo Hello from $(hostname)' --wait
quarry jobs list</code></pre>
<p>The same by hand, with the key in <code>RESCALE_API_KEY</code>:</p>
<pre><code>curl -H "Authorization: Token $RESCALE_API_KEY" ${baseUrl}/api/v2/jobs/</code></pre>

<h2>Scripts that you have already</h2>
<p>Scripts written for this API need another base URL and another key, nothing else. In
<code>~/.config/rescale/apiconfig</code>, which <code>quarry auth login</code> writes:</p>
<pre><code>[default]
apibaseurl = ${baseUrl}
apikey = &lt;your key&gt;</code></pre>

<h2>Reference</h2>
<ul>
<li><a href="/api/reference/">Every call of the API</a>, to read</li>
<li>The OpenAPI 3.1 document, for programs: <a href="/api/openapi.json">v2</a>,
<a href="/api/openapi.json?version=v3">v3</a></li>
</ul>
</main>`;
  return layout({
    title: place ? `${place.title} · Quarry` : 'Quarry',
    version,
    content,
    refreshSeconds: build === 'building' ? BUILDING_LOOK_SECONDS : null,
  });
}

/** A page has one first heading: that of the notice, when there is one. */
function heading(place: PortalAddress | undefined): string {
  return place ? 'h2' : 'h1';
}

function notice(place: PortalAddress): Html {
  return html`<section class="notice" aria-label="${place.title}">
<h1>${place.title}</h1>
<p>On the command line:</p>
<pre><code>${place.commands.join('\n')}</code></pre>
</section>`;
}

/** Why this is not the portal, and what to do about it. */
function aboutBuild(build: BuildState): Html {
  switch (build) {
    case 'building':
      return html`<p class="notice">The portal is being built from its sources, which takes some seconds; this page looks for it by
itself. The API and the command line work already.</p>`;
    case 'failed':
      return html`<p class="notice">The portal could not be built from its sources; the log of the server says why. The API, the command
line and all jobs work. <code>quarry serve</code> tries it again.</p>`;
    case 'none':
      return html`<p class="notice">The files of the portal are not there. The API, the command line and all jobs work. In a clone of
the repository <code>npx quarry serve</code> builds them, and so does <code>npm run build -w @quarry/portal</code>.</p>`;
  }
}
