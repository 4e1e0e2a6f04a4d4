import { showMarks } from './show-marks.ts';

/** A name that somebody gave, apart from the text around it, whatever is in it. */
export function Name({ children }: { children: string | null | undefined }) {
  return <bdi>{showMarks(children ?? '')}</bdi>;
}
