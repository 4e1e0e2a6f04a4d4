import { useLocation } from '@tanstack/react-router';
import { Link } from './link.tsx';
import styles from './tab-links.module.css';

interface TabLinksProps {
  label: string;
  tabs: readonly { to: string; label: string }[];
}

/** Pages about the same thing; each has an address of its own, so they are links and not tabs. */
export function TabLinks({ label, tabs }: TabLinksProps) {
  const { pathname } = useLocation();
  return (
    <nav aria-label={label} className={styles.tabs}>
      {tabs.map((tab) => (
        <Link
          key={tab.to}
          to={tab.to}
          aria-current={pathname === tab.to ? 'page' : undefined}
          activeOptions={{ exact: true }}
          className={styles.tab}
        >
          {tab.label}
        </Link>
      ))}
    </nav>
  );
}
