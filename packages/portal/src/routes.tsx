import {
  createRootRoute,
  createRoute,
  createRouter,
  notFound,
  Outlet,
  type RouteComponent,
  redirect,
} from '@tanstack/react-router';
import { lazyPage } from './api/lazy-part.ts';
import { Frame } from './components/frame/frame.tsx';
import { MissingPage } from './components/missing-page.tsx';
import { SignInPage } from './pages/sign-in-page.tsx';
import { type Address, areParameters } from './paths.ts';
import { CrashState } from './ui/crash-state.tsx';
import { parseSearch, stringifySearch } from './ui/search.ts';

const results = lazyPage(() => import('./pages/results-page.tsx'), 'ResultsPage');

/** The pages that there are; an address without one is answered as one that is none. */
const pages: Partial<Record<Address, RouteComponent>> = {
  '/': lazyPage(() => import('./pages/today-page.tsx'), 'TodayPage'),
  '/jobs/': lazyPage(() => import('./pages/jobs-page.tsx'), 'JobsPage'),
  '/jobs/new/': lazyPage(() => import('./pages/new-job-entry.tsx'), 'NewJobEntry'),
  '/jobs/:jobId/': lazyPage(() => import('./pages/job-page.tsx'), 'JobPage'),
  '/jobs/:jobId/log/': lazyPage(() => import('./pages/log-page.tsx'), 'LogPage'),
  '/jobs/:jobId/definition/': lazyPage(() => import('./pages/definition-page.tsx'), 'DefinitionPage'),
  '/jobs/:jobId/edit/': lazyPage(() => import('./pages/edit-job-page.tsx'), 'EditJobPage'),
  '/jobs/:jobId/sweep/': lazyPage(() => import('./pages/sweep-page.tsx'), 'SweepPage'),
  '/jobs/:jobId/runs/': lazyPage(() => import('./pages/runs-page.tsx'), 'RunsPage'),
  '/jobs/:jobId/runs/:runId/': lazyPage(() => import('./pages/run-page.tsx'), 'RunPage'),
  '/compare/': lazyPage(() => import('./pages/compare-page.tsx'), 'ComparePage'),
  '/files/': lazyPage(() => import('./pages/files-page.tsx'), 'FilesPage'),
  '/files/:fileId/': lazyPage(() => import('./pages/file-page.tsx'), 'FilePage'),
  '/jobs/:jobId/results/': results,
  '/jobs/:jobId/runs/:runId/results/': results,
  '/software/': lazyPage(() => import('./pages/software-page.tsx'), 'SoftwarePage'),
  '/software/:code/': lazyPage(() => import('./pages/software-of-page.tsx'), 'SoftwareOfPage'),
  '/hardware/': lazyPage(() => import('./pages/hardware-page.tsx'), 'HardwarePage'),
  '/clusters/': lazyPage(() => import('./pages/clusters-page.tsx'), 'ClustersPage'),
  '/clusters/:clusterId/': lazyPage(() => import('./pages/cluster-page.tsx'), 'ClusterPage'),
  '/in-browser-desktops/:clusterId/': lazyPage(() => import('./pages/desktop-page.tsx'), 'DesktopPage'),
  '/notebooks/:clusterId/': lazyPage(() => import('./pages/notebook-page.tsx'), 'NotebookPage'),
  '/storage/:deviceId/': lazyPage(() => import('./pages/device-page.tsx'), 'DevicePage'),
  '/storage/': lazyPage(() => import('./pages/storage-page.tsx'), 'StoragePage'),
  '/usage/': lazyPage(() => import('./pages/usage-page.tsx'), 'UsagePage'),
  '/projects/': lazyPage(() => import('./pages/projects-page.tsx'), 'ProjectsPage'),
  '/projects/:projectId/': lazyPage(() => import('./pages/project-page.tsx'), 'ProjectPage'),
  '/admin/system/': lazyPage(() => import('./pages/system-page.tsx'), 'SystemPage'),
  '/admin/users/': lazyPage(() => import('./pages/users-page.tsx'), 'UsersPage'),
  '/admin/projects/': lazyPage(() => import('./pages/managed-projects-page.tsx'), 'ManagedProjectsPage'),
  '/admin/catalogue/': lazyPage(() => import('./pages/catalogue-page.tsx'), 'CataloguePage'),
  '/admin/events/': lazyPage(() => import('./pages/events-page.tsx'), 'EventsPage'),
  '/admin/templates/': lazyPage(() => import('./pages/templates-page.tsx'), 'TemplatesPage'),
  '/user/settings/api-key/': lazyPage(() => import('./pages/api-keys-page.tsx'), 'ApiKeysPage'),
  '/user/settings/profile/': lazyPage(() => import('./pages/profile-page.tsx'), 'ProfilePage'),
  '/user/settings/appearance/': lazyPage(() => import('./pages/appearance-page.tsx'), 'AppearancePage'),
  '/user/settings/ssh-keys/': lazyPage(() => import('./pages/ssh-keys-page.tsx'), 'SshKeysPage'),
};

/** Addresses that lead on to the page that shows what they ask for. */
const forwards: Partial<Record<Address, Address>> = { '/sign-in/': '/' };

const root = createRootRoute({
  component: () => (
    <Frame signIn={SignInPage}>
      <Outlet />
    </Frame>
  ),
  notFoundComponent: MissingPage,
});

const toPattern = (address: string) => address.replaceAll(':', '$');

const routes = Object.entries(pages).map(([address, component]) =>
  createRoute({
    getParentRoute: () => root,
    path: toPattern(address),
    component,
    beforeLoad: ({ params }) => {
      if (!areParameters(params as Record<string, string>)) {
        throw notFound();
      }
    },
  }),
);

const forwarding = Object.entries(forwards).map(([address, to]) =>
  createRoute({
    getParentRoute: () => root,
    path: address,
    beforeLoad: () => {
      throw redirect({ to, replace: true });
    },
  }),
);

export function createPortalRouter() {
  return createRouter({
    routeTree: root.addChildren([...routes, ...forwarding]),
    trailingSlash: 'always',
    defaultPreload: 'intent',
    defaultErrorComponent: CrashState,
    defaultNotFoundComponent: MissingPage,
    notFoundMode: 'root',
    parseSearch,
    stringifySearch,
    scrollRestoration: true,
  });
}
