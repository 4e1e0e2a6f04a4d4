import { paths } from '../../paths.ts';
import {
  type Icon,
  IconAdjustments,
  IconApps,
  IconBriefcase2,
  IconCoins,
  IconCpu,
  IconDatabase,
  IconFiles,
  IconHome,
  IconServer,
  IconUsersGroup,
} from '../../ui/icons.ts';
import { words } from '../../words/words.ts';

export interface RailItem {
  to: string;
  label: string;
  icon: Icon;
  /** What addresses begin with that belong to it; that of the page itself when absent. */
  section?: string;
  /** Who it is shown to; everybody when absent. */
  role?: 'admin';
}

/** The pages that there are, in the order in which people need them. */
export const railItems: readonly RailItem[] = [
  { to: paths.home(), label: words.frame.pages.home, icon: IconHome },
  { to: paths.jobs(), label: words.frame.pages.jobs, icon: IconBriefcase2 },
  { to: paths.files(), label: words.frame.pages.files, icon: IconFiles },
  { to: paths.software(), label: words.frame.pages.software, icon: IconApps },
  { to: paths.hardware(), label: words.frame.pages.hardware, icon: IconCpu },
  { to: paths.clusters(), label: words.frame.pages.clusters, icon: IconServer },
  { to: paths.storage(), label: words.frame.pages.storage, icon: IconDatabase },
  { to: paths.projects(), label: words.frame.pages.projects, icon: IconUsersGroup },
  { to: paths.usage(), label: words.frame.pages.usage, icon: IconCoins },
  {
    to: paths.system(),
    label: words.frame.pages.keeper,
    icon: IconAdjustments,
    section: '/admin/',
    role: 'admin',
  },
];
