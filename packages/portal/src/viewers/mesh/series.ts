/** A file of a series and what is written beside the slider: its time, or its number. */
export interface Step {
  path: string;
  label: string;
}

const NUMBERED = /^(.*?)(\d+)(\.[A-Za-z]+)$/;

/** The files that have the same name but for the last number, in its order; nothing where there is only the one. */
export function numberedSeries(path: string, paths: readonly string[]): Step[] {
  const [, stem, , extension] = NUMBERED.exec(path) ?? [];
  if (stem === undefined || isPiece(path, paths)) {
    return [];
  }
  const steps = paths
    .flatMap((each) => {
      const found = NUMBERED.exec(each);
      return found?.[1] === stem && found[3] === extension ? [{ path: each, label: found[2]! }] : [];
    })
    .sort((one, other) => Number(one.label) - Number(other.label) || one.label.localeCompare(other.label));
  return steps.length > 1 ? steps : [];
}

/** Pieces of several processors have numbers too: `flow_0.vtu` and `flow_1.vtu` beside `flow.pvtu`. */
function isPiece(path: string, paths: readonly string[]): boolean {
  const [, stem, extension] = /^(.*)(\.[A-Za-z]+)$/.exec(path) ?? [];
  const parallel = `.p${extension?.slice(1)}`;
  return paths.some(
    (each) =>
      each.endsWith(parallel) &&
      /^[_./-]/.test(stem?.slice(each.length - parallel.length) ?? '') &&
      stem!.startsWith(each.slice(0, -parallel.length)),
  );
}
