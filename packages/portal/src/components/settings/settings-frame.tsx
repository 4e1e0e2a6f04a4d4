import type { ReactNode } from 'react';
import { paths } from '../../paths.ts';
import { Page } from '../../ui/page.tsx';
import { TabLinks } from '../../ui/tab-links.tsx';
import { words } from '../../words/words.ts';

interface SettingsFrameProps {
  title: string;
  lead?: string;
  actions?: ReactNode;
  children: ReactNode;
}

/** What all pages of somebody's own settings have. */
export function SettingsFrame({ title, lead, actions, children }: SettingsFrameProps) {
  const { tabs } = words.settings;
  return (
    <Page title={title} lead={lead} actions={actions}>
      <TabLinks
        label={tabs.label}
        tabs={[
          { to: paths.apiKeys(), label: tabs.keys },
          { to: paths.sshKeys(), label: tabs.sshKeys },
          { to: paths.profile(), label: tabs.profile },
          { to: paths.appearance(), label: tabs.appearance },
        ]}
      />
      {children}
    </Page>
  );
}
