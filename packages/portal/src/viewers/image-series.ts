/** Pictures that were written one after another, by their names: `frame_001.png`, `frame_002.png` and so on. */
import { viewByName } from './choose-view.ts';

/** The pictures that differ from `name` in one number only, by that number; empty when there is no other. */
export function seriesOf(name: string, names: readonly string[]): string[] {
  let best: string[] = [];
  for (const { index: start } of name.matchAll(/\d+/g)) {
    const end = start + /^\d+/.exec(name.slice(start))![0].length;
    const [head, tail] = [name.slice(0, start), name.slice(end)];
    const found = names.filter(
      (each) =>
        each.startsWith(head) &&
        each.endsWith(tail) &&
        each.length > head.length + tail.length &&
        /^\d+$/.test(each.slice(head.length, each.length - tail.length)),
    );
    if (found.length > best.length) {
      const number = (each: string) => Number(each.slice(head.length, each.length - tail.length));
      best = found.sort((a, b) => number(a) - number(b));
    }
  }
  return best.length > 1 ? best : [];
}

export function picturesOf(names: readonly string[]): string[] {
  return names.filter((name) => viewByName(name) === 'image');
}
