import type { ReactNode } from 'react';
import { useUser } from '../../api/session.ts';
import { paths } from '../../paths.ts';
import { Page } from '../../ui/page.tsx';
import { TabLinks } from '../../ui/tab-links.tsx';
import { words } from '../../words/words.ts';
import { MissingPage } from '../missing-page.tsx';

interface AdminFrameProps {
  title: string;
  lead?: string;
  actions?: ReactNode;
  children: ReactNode;
}

/** What all pages of administrators have. For everybody else they are no pages; the server refuses what they ask for. */
export function AdminFrame({ title, lead, actions, children }: AdminFrameProps) {
  const { tabs } = words.keeper;
  return (
    <Page title={title} lead={lead} actions={actions}>
      <TabLinks
        label={tabs.label}
        tabs={[
          { to: paths.system(), label: tabs.system },
          { to: paths.users(), label: tabs.users },
          { to: paths.managedProjects(), label: tabs.projects },
          { to: paths.templates(), label: tabs.templates },
          { to: paths.catalogue(), label: tabs.catalogue },
          { to: paths.events(), label: tabs.events },
        ]}
      />
      {children}
    </Page>
  );
}

/** Shows a page to administrators alone, and asks for nothing on behalf of others. */
export function forAdministrators(Shown: () => ReactNode) {
  return function AdministratorsOnly() {
    return useUser().role === 'admin' ? <Shown /> : <MissingPage />;
  };
}
