import { paths } from '../../paths.ts';
import { type Icon, IconBriefcase2 } from '../../ui/icons.ts';
import { words } from '../../words/words.ts';

export interface RailItem {
  to: string;
  label: string;
  icon: Icon;
}

/** The pages that there are, in the order in which people need them. */
export const railItems: readonly RailItem[] = [
  { to: paths.jobs(), label: words.frame.pages.jobs, icon: IconBriefcase2 },
];
