export const definition = {
  title: 'Definition',
  lead: 'What this job was made of, as the API takes it. Changed or not, it makes another job.',
  as: 'As',
  languages: { json: 'JSON', curl: 'curl', typescript: 'TypeScript', python: 'Python', cli: 'Command line' },
  keyHint:
    'Your key is not in it: the commands take it from RESCALE_API_KEY, the command line from its profile.',
  region: 'The definition of the job',
} as const;
