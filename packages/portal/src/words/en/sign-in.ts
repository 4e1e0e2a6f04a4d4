export const signIn = {
  title: 'Sign in',
  lead: 'What you show is sent to this server once, and is not kept in the browser.',
  ended:
    'You have been signed out: the session has ended. What you had open is shown again after you sign in.',
  ways: { label: 'By', key: 'API key', password: 'E-mail and password' },
  key: 'API key',
  keyHint:
    'It begins with qry_. The one that was printed at the first start of the server works, and any that you made since.',
  email: 'E-mail address',
  password: 'Password',
  submit: 'Sign in',
  emptyKey: 'Paste an API key.',
  emptyEmail: 'Enter your e-mail address.',
  emptyPassword: 'Enter your password.',
  withoutKey: 'No key at hand?',
  withoutKeyText:
    'On the machine that runs the server, as whoever runs it, this opens the portal and signs you in:',
  openPortal: 'quarry open',
  byLink: 'Signing in by the link',
  linkFailed:
    'The link does not sign you in. Each works once, and for a while only: ask for another, or sign in otherwise.',
  linkLeft: 'The link was not used',
  linkLeftText: (email: string) =>
    `You are signed in already, as ${email}. To use it, for another account or to set a new password, sign out and open it again.`,
  newPassword: 'A new password',
  newPasswordLead: 'This link sets a new password for you, and signs you in.',
  setPassword: 'Set it and sign in',
} as const;
