/** Icons by name, each from its own file: the whole set is thousands of modules, which builds would have to read. */
import type { ComponentType } from 'react';

export { default as IconAdjustments } from '@tabler/icons-react/icons/IconAdjustments';
export { default as IconApps } from '@tabler/icons-react/icons/IconApps';
export { default as IconArrowBarDown } from '@tabler/icons-react/icons/IconArrowBarDown';
export { default as IconArrowBarUp } from '@tabler/icons-react/icons/IconArrowBarUp';
export { default as IconArrowDown } from '@tabler/icons-react/icons/IconArrowDown';
export { default as IconArrowUp } from '@tabler/icons-react/icons/IconArrowUp';
export { default as IconBook2 } from '@tabler/icons-react/icons/IconBook2';
export { default as IconBriefcase2 } from '@tabler/icons-react/icons/IconBriefcase2';
export { default as IconChevronLeft } from '@tabler/icons-react/icons/IconChevronLeft';
export { default as IconChevronRight } from '@tabler/icons-react/icons/IconChevronRight';
export { default as IconCircleCheck } from '@tabler/icons-react/icons/IconCircleCheck';
export { default as IconClock } from '@tabler/icons-react/icons/IconClock';
export { default as IconClockX } from '@tabler/icons-react/icons/IconClockX';
export { default as IconCoins } from '@tabler/icons-react/icons/IconCoins';
export { default as IconCpu } from '@tabler/icons-react/icons/IconCpu';
export { default as IconDatabase } from '@tabler/icons-react/icons/IconDatabase';
export { default as IconDeviceDesktop } from '@tabler/icons-react/icons/IconDeviceDesktop';
export { default as IconDownload } from '@tabler/icons-react/icons/IconDownload';
export { default as IconFile } from '@tabler/icons-react/icons/IconFile';
export { default as IconFiles } from '@tabler/icons-react/icons/IconFiles';
export { default as IconHandStop } from '@tabler/icons-react/icons/IconHandStop';
export { default as IconHome } from '@tabler/icons-react/icons/IconHome';
export { default as IconKey } from '@tabler/icons-react/icons/IconKey';
export { default as IconLayoutSidebarLeftCollapse } from '@tabler/icons-react/icons/IconLayoutSidebarLeftCollapse';
export { default as IconLayoutSidebarLeftExpand } from '@tabler/icons-react/icons/IconLayoutSidebarLeftExpand';
export { default as IconLoader } from '@tabler/icons-react/icons/IconLoader';
export { default as IconLogout } from '@tabler/icons-react/icons/IconLogout';
export { default as IconMenu2 } from '@tabler/icons-react/icons/IconMenu2';
export { default as IconMoon } from '@tabler/icons-react/icons/IconMoon';
export { default as IconPlayerPlay } from '@tabler/icons-react/icons/IconPlayerPlay';
export { default as IconPlugConnectedX } from '@tabler/icons-react/icons/IconPlugConnectedX';
export { default as IconSearch } from '@tabler/icons-react/icons/IconSearch';
export { default as IconServer } from '@tabler/icons-react/icons/IconServer';
export { default as IconSquare } from '@tabler/icons-react/icons/IconSquare';
export { default as IconSun } from '@tabler/icons-react/icons/IconSun';
export { default as IconTrash } from '@tabler/icons-react/icons/IconTrash';
export { default as IconUnlink } from '@tabler/icons-react/icons/IconUnlink';
export { default as IconUser } from '@tabler/icons-react/icons/IconUser';
export { default as IconUsersGroup } from '@tabler/icons-react/icons/IconUsersGroup';
export { default as IconX } from '@tabler/icons-react/icons/IconX';
export { default as IconXboxX } from '@tabler/icons-react/icons/IconXboxX';

/** Any of them; `aria-hidden` beside words that say the same. */
export type Icon = ComponentType<{ size?: number; 'aria-hidden'?: boolean }>;
