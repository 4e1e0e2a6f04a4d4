/** A definition in the words of those who make jobs by a program. Keys are never in it: each names the variable for one. */
import type { JobDefinition } from '@quarry/sdk';

export const LANGUAGES = ['json', 'curl', 'typescript', 'python', 'cli'] as const;
export type Language = (typeof LANGUAGES)[number];

export function copyAs(language: Language, definition: JobDefinition, baseUrl: string): string {
  const json = JSON.stringify(definition, null, 2);
  switch (language) {
    case 'json':
      return `${json}\n`;
    // The end of such a text is a line by itself, which no line of JSON can be.
    case 'curl':
      return `curl --fail-with-body -H "Authorization: Token $RESCALE_API_KEY" -H 'Content-Type: application/json' \\
  --data-binary @- '${baseUrl}/api/v2/jobs/' <<'END_OF_JOB'
${json}
END_OF_JOB
`;
    case 'cli':
      return `quarry jobs submit --definition - <<'END_OF_JOB'
${json}
END_OF_JOB
`;
    case 'typescript':
      return `import { Quarry } from '@quarry/sdk';

const platform = new Quarry({ baseUrl: '${baseUrl}', apiKey: process.env.RESCALE_API_KEY });
const job = await platform.jobs.create(${json});
await platform.jobs.submit(job.id);
console.log(job.id);
`;
    case 'python':
      return `import os
import requests

api = '${baseUrl}/api/v2'
headers = {'Authorization': 'Token ' + os.environ['RESCALE_API_KEY']}
definition = ${toPython(definition)}
job = requests.post(api + '/jobs/', json=definition, headers=headers)
job.raise_for_status()
job_id = job.json()['id']
requests.post(f'{api}/jobs/{job_id}/submit/', headers=headers).raise_for_status()
print(job_id)
`;
  }
}

/** JSON and Python differ in three words and agree in how texts are written. */
function toPython(value: unknown, indent = ''): string {
  const inner = `${indent}    `;
  if (value === null || value === undefined) {
    return 'None';
  }
  if (typeof value === 'boolean') {
    return value ? 'True' : 'False';
  }
  if (Array.isArray(value)) {
    const items = value.map((item) => `${inner}${toPython(item, inner)},\n`);
    return items.length === 0 ? '[]' : `[\n${items.join('')}${indent}]`;
  }
  if (typeof value === 'object') {
    const entries = Object.entries(value).filter(([, each]) => each !== undefined);
    const items = entries.map(
      ([name, each]) => `${inner}${JSON.stringify(name)}: ${toPython(each, inner)},\n`,
    );
    return items.length === 0 ? '{}' : `{\n${items.join('')}${indent}}`;
  }
  return JSON.stringify(value);
}
