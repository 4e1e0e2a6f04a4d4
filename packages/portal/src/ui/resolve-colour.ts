/** A token as canvases and graphics cards take colours, in the theme that `element` is shown in: parts from 0 to 1. */
export function resolveColour(element: Element, token: string): [red: number, green: number, blue: number] {
  const probe = document.createElement('span');
  probe.style.color = `var(--${token})`;
  element.append(probe);
  const parts = getComputedStyle(probe).color.match(/[\d.]+/g) ?? [];
  probe.remove();
  const [red = 0, green = 0, blue = 0] = parts.map((part) => Number(part) / 255);
  return [red, green, blue];
}

/** The same as a text, for what takes colours in that form. */
export function resolveHex(element: Element, token: string): string {
  return toHex(resolveColour(element, token));
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
