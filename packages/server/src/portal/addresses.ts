/** An address that scripts write into files and messages, and what to do there while the portal is not built. */
export interface PortalAddress {
  title: string;
  commands: string[];
}

type Parameters = Readonly<Record<string, string>>;

/** Every address of the portal, by its route; `packages/portal/src/paths.ts` has the same ones, which a test compares. */
export const ADDRESSES = [
  '/',
  '/sign-in/',
  '/jobs/',
  '/jobs/new/',
  '/jobs/:jobId/',
  '/jobs/:jobId/log/',
  '/jobs/:jobId/runs/',
  '/jobs/:jobId/runs/:runId/',
  '/jobs/:jobId/runs/:runId/results/',
  '/jobs/:jobId/results/',
  '/jobs/:jobId/sweep/',
  '/jobs/:jobId/definition/',
  '/jobs/:jobId/edit/',
  '/compare/',
  '/files/',
  '/folders/:folderId/',
  '/files/:fileId/',
  '/trash/',
  '/software/',
  '/software/:code/',
  '/hardware/',
  '/clusters/',
  '/clusters/:clusterId/',
  '/storage/',
  '/storage/:deviceId/',
  '/in-browser-desktops/:clusterId/',
  '/notebooks/:clusterId/',
  '/usage/',
  '/projects/',
  '/projects/:projectId/',
  '/user/settings/api-key/',
  '/user/settings/profile/',
  '/user/settings/ssh-keys/',
  '/user/settings/notifications/',
  '/user/settings/appearance/',
  '/admin/users/',
  '/admin/projects/',
  '/admin/budgets/',
  '/admin/templates/',
  '/admin/catalogue/',
  '/admin/events/',
  '/admin/system/',
] as const;
type Address = (typeof ADDRESSES)[number];

const BY_COMMAND: Partial<Record<Address, (parameters: Parameters) => PortalAddress>> = {
  '/jobs/': () => ({ title: 'Jobs', commands: ['quarry jobs list'] }),
  '/jobs/:jobId/': ({ jobId }) => ({
    title: `Job ${jobId}`,
    commands: [`quarry jobs show ${jobId}`, `quarry jobs watch ${jobId}`, `quarry jobs logs -f ${jobId}`],
  }),
  '/jobs/:jobId/runs/:runId/results/': ({ jobId, runId }) => ({
    title: `Results of job ${jobId}, run ${runId}`,
    commands: [`quarry files list --job ${jobId}`, `quarry files download --job ${jobId} --output results`],
  }),
  '/folders/:folderId/': ({ folderId }) => ({ title: `Folder ${folderId}`, commands: ['quarry files list'] }),
  '/user/settings/api-key/': () => ({
    title: 'API keys',
    commands: ['quarry keys list', 'quarry keys create laptop', 'quarry keys revoke <id>'],
  }),
};

/** The commands that do what a page at this address would; undefined where there are none to name. */
export function commandsAt(address: Address, parameters: Parameters): PortalAddress | undefined {
  return BY_COMMAND[address]?.(parameters);
}

/** Ids of everything but software, whose codes have more signs. */
const ID = /^[A-Za-z0-9]{1,64}$/;
const CODE = /^[A-Za-z0-9._-]{1,64}$/;

/** Whether the parameters of an address can be what they stand for, which is all that is known without credentials. */
export function areParameters(parameters: Parameters): boolean {
  return Object.entries(parameters).every(([name, value]) => (name === 'code' ? CODE : ID).test(value));
}
