import type { Queries } from '../db/database.ts';

const NAMED = 3;

/** The files that have a content: name and id, whose each is, and of which job it is an output. */
export async function describeFiles(queries: Queries, sha512: string): Promise<string> {
  const files = await queries
    .selectFrom('files')
    .innerJoin('users', 'users.id', 'files.owner_id')
    .leftJoin('jobs', 'jobs.id', 'files.job_id')
    .where('files.sha512', '=', sha512)
    .where('files.deleted_at', 'is', null)
    .orderBy('files.id')
    .limit(NAMED + 1)
    .select(['files.id', 'files.name', 'users.email', 'files.job_id', 'jobs.name as job_name'])
    .execute();
  if (files.length === 0) {
    return 'a content of no file';
  }
  const words = files.slice(0, NAMED).map(({ id, name, email, job_id, job_name }) => {
    const job = job_id === null ? '' : `, output of job ${job_id} "${job_name}"`;
    return `${name} (${id}) of ${email}${job}`;
  });
  return `${words.join(' and ')}${files.length > NAMED ? ' and others' : ''}`;
}
