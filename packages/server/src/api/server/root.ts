import { getApiRoot } from '@quarry/contract';
import { route } from '../../http/route.ts';

const COLLECTIONS = ['analyses', 'coretypes', 'files', 'jobs', 'projects', 'users'];

export const root = () =>
  route(getApiRoot, async (call) =>
    Object.fromEntries(COLLECTIONS.map((name) => [name, `${call.baseUrl}/api/${call.version}/${name}/`])),
  );
