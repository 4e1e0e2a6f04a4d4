/** An address of the portal that clients write into files and messages, and what to do there until it has a page. */
export interface PortalAddress {
  title: string;
  commands: string[];
}

type Parameters = Record<string, string>;

/** The addresses by their route; ids in them are letters and digits, anything else is no address of ours. */
export const addresses: Record<`/${string}`, (parameters: Parameters) => PortalAddress> = {
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

const ID = /^[A-Za-z0-9]{1,64}$/;

/** Whether the parameters of an address can be ids, which is all that is known without credentials. */
export function areIds(parameters: Parameters): boolean {
  return Object.values(parameters).every((value) => ID.test(value));
}
