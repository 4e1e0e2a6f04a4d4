export const signIn = {
  title: 'Sign in',
  lead: 'With an API key of yours. It is sent to this server once and is not kept in the browser.',
  key: 'API key',
  keyHint:
    'It begins with qry_. The one that was printed at the first start of the server works, and any that you made since.',
  submit: 'Sign in',
  empty: 'Paste an API key.',
  ended:
    'You have been signed out: the session has ended. What you had open is shown again after you sign in.',
  withoutKey: 'No key at hand?',
  withoutKeyText: 'On the machine that runs the server, as whoever runs it:',
  makeKey: 'quarry keys create browser',
} as const;
