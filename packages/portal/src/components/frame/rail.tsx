import { ActionIcon, Tooltip } from '@mantine/core';
import { useLocation } from '@tanstack/react-router';
import { useUser } from '../../api/session.ts';
import { paths } from '../../paths.ts';
import { IconLayoutSidebarLeftCollapse, IconLayoutSidebarLeftExpand } from '../../ui/icons.ts';
import { Link } from '../../ui/link.tsx';
import { words } from '../../words/words.ts';
import styles from './rail.module.css';
import { railItems } from './rail-items.ts';

/** All addresses begin like that of the first page, which has none below it. */
function isBelow(pathname: string, to: string): boolean {
  return to === paths.home() ? pathname === to : pathname.startsWith(to);
}

interface RailProps {
  className?: string | undefined;
  isFolded: boolean;
  /** Null where it cannot be folded. */
  onFold: (() => void) | null;
}

export function Rail({ className, isFolded, onFold }: RailProps) {
  const { pathname } = useLocation();
  const user = useUser();
  const items = railItems.filter(({ role }) => role === undefined || role === user.role);
  const fold = isFolded ? words.frame.unfoldNavigation : words.frame.foldNavigation;
  const FoldIcon = isFolded ? IconLayoutSidebarLeftExpand : IconLayoutSidebarLeftCollapse;
  return (
    <nav
      className={`${styles.rail} ${isFolded ? styles.folded : ''} ${className ?? ''}`}
      aria-label={words.frame.navigation}
    >
      <ul className={styles.items}>
        {items.map(({ to, label, icon: Icon, section = to }) => (
          <li key={to}>
            <Tooltip label={label} position="right" disabled={!isFolded}>
              <Link
                to={to}
                className={styles.item}
                activeOptions={{ exact: to === paths.home() }}
                aria-current={isBelow(pathname, section) ? 'page' : undefined}
              >
                <Icon size={18} aria-hidden />
                <span className={isFolded ? 'visually-hidden' : undefined}>{label}</span>
              </Link>
            </Tooltip>
          </li>
        ))}
      </ul>
      {onFold && (
        <ActionIcon onClick={onFold} aria-label={fold} className={styles.fold}>
          <FoldIcon size={18} aria-hidden />
        </ActionIcon>
      )}
    </nav>
  );
}
