import type { PortalAddress } from './addresses.ts';
import { type Html, html } from './html.ts';
import { layout } from './layout.ts';

/** The page at `/`, and under the addresses that scripts write down for people, with the command that helps there. */
export function welcomePage(options: { version: string; baseUrl: string; place?: PortalAddress }): Html {
  const { version, baseUrl, place } = options;
  const content = html`<main class="page" id="content">
${place && notice(place)}
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
  return layout({ title: place ? `${place.title} · Quarry` : 'Quarry', version, content });
}

/** A page has one first heading: that of the notice, when there is one. */
function heading(place: PortalAddress | undefined): string {
  return place ? 'h2' : 'h1';
}

function notice(place: PortalAddress): Html {
  return html`<section class="notice" aria-label="${place.title}">
<h1>${place.title}</h1>
<p>The portal has no page for this yet. On the command line:</p>
<pre><code>${place.commands.join('\n')}</code></pre>
</section>`;
}
