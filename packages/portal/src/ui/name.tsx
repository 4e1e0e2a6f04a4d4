import { showMarks } from './show-marks.ts';

interface NameProps {
  children: string | null | undefined;
  className?: string | undefined;
  title?: string;
}

/** A name that somebody gave, apart from the text around it, whatever is in it. */
export function Name({ children, ...shown }: NameProps) {
  return <bdi {...shown}>{showMarks(children ?? '')}</bdi>;
}
