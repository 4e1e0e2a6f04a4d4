/** A colour of the tokens as canvases take it, in the theme that is on. */
export function resolveColour(token: string, within: Element = document.documentElement): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${token})`;
  probe.hidden = true;
  within.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
