/** A colour of the tokens, such as `--accent`, as canvases take it, in the theme that `within` is shown in. */
export function resolveColour(token: string, within: Element = document.documentElement): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${token})`;
  probe.hidden = true;
  within.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** The same as graphics cards take it: parts from 0 to 1. */
export function resolveParts(token: string, within: Element): [red: number, green: number, blue: number] {
  const parts = resolveColour(token, within).match(/[\d.]+/g) ?? [];
  const [red = 0, green = 0, blue = 0] = parts.map((part) => Number(part) / 255);
  return [red, green, blue];
}

/** The same as a text of hexadecimal digits, for what takes colours in that form alone. */
export function resolveHex(token: string, within: Element): string {
  return toHex(resolveParts(token, within));
}

export function toHex(parts: readonly number[]): string {
  return `#${parts
    .map((part) =>
      Math.round(part * 255)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;
}
