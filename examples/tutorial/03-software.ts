/** 3. Software: the analyses that jobs can use, and the codes that name them in a job. */
import { connect } from '@quarry/sdk/node';

const platform = await connect();

const analyses = await platform.analyses.list({ page_size: 1000 }).all();
const versionsCount = analyses.reduce((sum, { versions }) => sum + versions.length, 0);
console.log(`Total number of analyses: ${analyses.length}, Total number of versions: ${versionsCount}`);

const [sample] = analyses;
console.log(`Sample analysis code: ${sample?.code} and version code: ${sample?.versions[0]?.versionCode}`);
console.dir(sample, { depth: null });

// The one that the next chapters use: a job needs its code and one of its version codes.
const miniconda = await platform.analyses.get('miniconda');
console.log(`${miniconda.name}: ${miniconda.versions.map(({ versionCode }) => versionCode).join(', ')}`);
