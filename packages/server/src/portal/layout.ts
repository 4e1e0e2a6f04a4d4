import { assets } from './assets.ts';
import { type Html, html } from './html.ts';

/** The frame of every page. */
export function layout(options: {
  title: string;
  version: string;
  content: Html;
  /** After so long the browser asks again; null for never. */
  refreshSeconds?: number | null;
}): Html {
  const { title, version, content, refreshSeconds = null } = options;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
${refreshSeconds !== null && html`<meta http-equiv="refresh" content="${refreshSeconds}">`}
<link rel="icon" href="${assets.icon.path}">
<link rel="stylesheet" href="${assets.style.path}">
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header class="bar">
<img src="${assets.icon.path}" alt="">
<a class="name" href="/">Quarry</a> <span class="quiet">${version}</span>
<nav aria-label="Main"><a href="/">Start</a> <a href="/api/reference/">API reference</a></nav>
</header>
${content}
</body>
</html>
`;
}
