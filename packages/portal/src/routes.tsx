import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  notFound,
  Outlet,
  type RouteComponent,
  redirect,
} from '@tanstack/react-router';
import { Frame } from './components/frame/frame.tsx';
import { MissingPage } from './components/missing-page.tsx';
import { SignInPage } from './pages/sign-in-page.tsx';
import { type Address, areParameters } from './paths.ts';
import { CrashState } from './ui/crash-state.tsx';
import { parseSearch, stringifySearch } from './ui/search.ts';

const results = lazyRouteComponent(() => import('./pages/results-page.tsx'), 'ResultsPage');

/** The pages that there are; an address without one is answered as one that is none. */
const pages: Partial<Record<Address, RouteComponent>> = {
  '/': lazyRouteComponent(() => import('./pages/today-page.tsx'), 'TodayPage'),
  '/jobs/': lazyRouteComponent(() => import('./pages/jobs-page.tsx'), 'JobsPage'),
  '/jobs/new/': lazyRouteComponent(() => import('./pages/new-job-entry.tsx'), 'NewJobEntry'),
  '/jobs/:jobId/': lazyRouteComponent(() => import('./pages/job-page.tsx'), 'JobPage'),
  '/jobs/:jobId/log/': lazyRouteComponent(() => import('./pages/log-page.tsx'), 'LogPage'),
  '/jobs/:jobId/definition/': lazyRouteComponent(
    () => import('./pages/definition-page.tsx'),
    'DefinitionPage',
  ),
  '/jobs/:jobId/edit/': lazyRouteComponent(() => import('./pages/edit-job-page.tsx'), 'EditJobPage'),
  '/jobs/:jobId/sweep/': lazyRouteComponent(() => import('./pages/sweep-page.tsx'), 'SweepPage'),
  '/jobs/:jobId/runs/': lazyRouteComponent(() => import('./pages/runs-page.tsx'), 'RunsPage'),
  '/jobs/:jobId/runs/:runId/': lazyRouteComponent(() => import('./pages/run-page.tsx'), 'RunPage'),
  '/compare/': lazyRouteComponent(() => import('./pages/compare-page.tsx'), 'ComparePage'),
  '/files/': lazyRouteComponent(() => import('./pages/files-page.tsx'), 'FilesPage'),
  '/files/:fileId/': lazyRouteComponent(() => import('./pages/file-page.tsx'), 'FilePage'),
  '/jobs/:jobId/results/': results,
  '/jobs/:jobId/runs/:runId/results/': results,
  '/software/': lazyRouteComponent(() => import('./pages/software-page.tsx'), 'SoftwarePage'),
  '/software/:code/': lazyRouteComponent(() => import('./pages/software-of-page.tsx'), 'SoftwareOfPage'),
  '/hardware/': lazyRouteComponent(() => import('./pages/hardware-page.tsx'), 'HardwarePage'),
  '/clusters/': lazyRouteComponent(() => import('./pages/clusters-page.tsx'), 'ClustersPage'),
  '/clusters/:clusterId/': lazyRouteComponent(() => import('./pages/cluster-page.tsx'), 'ClusterPage'),
  '/in-browser-desktops/:clusterId/': lazyRouteComponent(
    () => import('./pages/desktop-page.tsx'),
    'DesktopPage',
  ),
  '/notebooks/:clusterId/': lazyRouteComponent(() => import('./pages/notebook-page.tsx'), 'NotebookPage'),
  '/storage/:deviceId/': lazyRouteComponent(() => import('./pages/device-page.tsx'), 'DevicePage'),
  '/storage/': lazyRouteComponent(() => import('./pages/storage-page.tsx'), 'StoragePage'),
  '/usage/': lazyRouteComponent(() => import('./pages/usage-page.tsx'), 'UsagePage'),
  '/projects/': lazyRouteComponent(() => import('./pages/projects-page.tsx'), 'ProjectsPage'),
  '/projects/:projectId/': lazyRouteComponent(() => import('./pages/project-page.tsx'), 'ProjectPage'),
  '/admin/system/': lazyRouteComponent(() => import('./pages/system-page.tsx'), 'SystemPage'),
  '/admin/users/': lazyRouteComponent(() => import('./pages/users-page.tsx'), 'UsersPage'),
  '/admin/projects/': lazyRouteComponent(
    () => import('./pages/managed-projects-page.tsx'),
    'ManagedProjectsPage',
  ),
  '/admin/catalogue/': lazyRouteComponent(() => import('./pages/catalogue-page.tsx'), 'CataloguePage'),
  '/admin/events/': lazyRouteComponent(() => import('./pages/events-page.tsx'), 'EventsPage'),
  '/admin/templates/': lazyRouteComponent(() => import('./pages/templates-page.tsx'), 'TemplatesPage'),
  '/user/settings/api-key/': lazyRouteComponent(() => import('./pages/api-keys-page.tsx'), 'ApiKeysPage'),
  '/user/settings/profile/': lazyRouteComponent(() => import('./pages/profile-page.tsx'), 'ProfilePage'),
  '/user/settings/ssh-keys/': lazyRouteComponent(() => import('./pages/ssh-keys-page.tsx'), 'SshKeysPage'),
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
