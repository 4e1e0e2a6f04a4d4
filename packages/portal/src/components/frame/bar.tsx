import { ActionIcon, Menu, UnstyledButton } from '@mantine/core';
import type { User } from '@quarry/sdk';
import { useNavigate } from '@tanstack/react-router';
import { signOut } from '../../api/sign-in.ts';
import { paths } from '../../paths.ts';
import {
  IconBook2,
  IconDeviceDesktop,
  IconKey,
  IconLogout,
  IconMenu2,
  IconMoon,
  IconSun,
  IconUser,
} from '../../ui/icons.ts';
import { Link } from '../../ui/link.tsx';
import { changePreferences, usePreferences } from '../../ui/preferences.ts';
import { words } from '../../words/words.ts';
import styles from './bar.module.css';
import { Mark } from './mark.tsx';

interface BarProps {
  user: User | null;
  /** Null where there is no navigation to open. */
  onOpenNavigation: (() => void) | null;
}

const THEMES = [
  { value: 'auto', icon: IconDeviceDesktop },
  { value: 'light', icon: IconSun },
  { value: 'dark', icon: IconMoon },
] as const;

export function Bar({ user, onOpenNavigation }: BarProps) {
  return (
    <header className={styles.bar}>
      {onOpenNavigation && (
        <ActionIcon
          className={styles.open}
          size={44}
          onClick={onOpenNavigation}
          aria-label={words.frame.openNavigation}
        >
          <IconMenu2 size={20} aria-hidden />
        </ActionIcon>
      )}
      <Link to={paths.home()} className={styles.name} activeOptions={{ exact: true }}>
        <Mark />
        {words.frame.product}
      </Link>
      <div className={styles.rest} />
      {user && <UserMenu user={user} />}
    </header>
  );
}

function UserMenu({ user }: { user: User }) {
  const { theme } = usePreferences();
  const navigate = useNavigate();
  const goTo = (to: string) => void navigate({ to } as never);
  const { frame } = words;
  return (
    <Menu position="bottom-end" width={240} withinPortal>
      <Menu.Target>
        <UnstyledButton className={styles.user} aria-label={frame.account(user.email)}>
          <IconUser size={18} aria-hidden />
          <span className={styles.email}>{user.email}</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{frame.theme}</Menu.Label>
        {THEMES.map(({ value, icon: Icon }) => (
          <Menu.Item
            key={value}
            role="menuitemradio"
            aria-checked={theme === value}
            leftSection={<Icon size={16} aria-hidden />}
            rightSection={theme === value ? '✓' : null}
            onClick={() => changePreferences({ theme: value })}
          >
            {frame.themes[value]}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<IconKey size={16} aria-hidden />} onClick={() => goTo(paths.apiKeys())}>
          {frame.pages.settings}
        </Menu.Item>
        <Menu.Item component="a" href={paths.reference()} leftSection={<IconBook2 size={16} aria-hidden />}>
          {frame.apiReference}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconLogout size={16} aria-hidden />}
          onClick={() => void signOut().catch(() => undefined)}
        >
          {frame.signOut}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
