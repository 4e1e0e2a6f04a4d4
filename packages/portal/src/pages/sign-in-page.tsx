import { Button, PasswordInput, TextInput } from '@mantine/core';
import { BadRequestError } from '@quarry/sdk';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useEffect, useState } from 'react';
import { codeOfLink, letGoOfLink, type Shown, signIn } from '../api/sign-in.ts';
import { ErrorState } from '../ui/error-state.tsx';
import { Loading } from '../ui/loading.tsx';
import { Page } from '../ui/page.tsx';
import { words } from '../words/words.ts';
import styles from './sign-in-page.module.css';

const WAYS = ['key', 'password'] as const;

/** Stands in place of any page while nobody is signed in; the address stays, so that the page comes after it. */
export function SignInPage({ hasEnded }: { hasEnded: boolean }) {
  const text = words.signIn;
  const [code] = useState(codeOfLink);
  const [way, setWay] = useState<(typeof WAYS)[number]>('key');
  const attempt = useMutation({ mutationFn: signIn });
  const { mutate } = attempt;
  useEffect(() => {
    if (code !== null && codeOfLink() !== null) {
      letGoOfLink();
      mutate({ code });
    }
  }, [code, mutate]);

  // Such a link is not spent by being opened: it waits for the password that it sets.
  const asksForPassword =
    code !== null &&
    attempt.error instanceof BadRequestError &&
    attempt.error.fieldErrors.some(({ path }) => path === 'password');
  const isByLink = code !== null && attempt.variables !== undefined && 'code' in attempt.variables;
  if (asksForPassword) {
    return <NewPassword attempt={attempt} onSubmit={(password) => mutate({ code, password })} />;
  }
  if (isByLink && attempt.isPending) {
    return (
      <div className={styles.page}>
        <Page title={text.byLink}>
          <Loading rows={2} />
        </Page>
      </div>
    );
  }
  return (
    <div className={styles.page}>
      <Page title={text.title} lead={hasEnded ? text.ended : text.lead}>
        <fieldset className={styles.ways}>
          <legend className="visually-hidden">{text.ways.label}</legend>
          {WAYS.map((each) => (
            <Button
              key={each}
              size="compact-sm"
              variant={way === each ? 'light' : 'default'}
              aria-pressed={way === each}
              onClick={() => {
                attempt.reset();
                setWay(each);
              }}
            >
              {text.ways[each]}
            </Button>
          ))}
        </fieldset>
        {way === 'key' ? (
          <KeyForm isPending={attempt.isPending} onSubmit={mutate} />
        ) : (
          <PasswordForm isPending={attempt.isPending} onSubmit={mutate} />
        )}
        {isByLink && attempt.error && <p className={styles.note}>{text.linkFailed}</p>}
        {attempt.error && <ErrorState error={attempt.error} />}
        <section className={styles.aside}>
          <h2>{text.withoutKey}</h2>
          <p>{text.withoutKeyText}</p>
          <pre>{text.openPortal}</pre>
        </section>
      </Page>
    </div>
  );
}

interface FormProps {
  isPending: boolean;
  onSubmit: (shown: Shown) => void;
}

function KeyForm({ isPending, onSubmit }: FormProps) {
  const text = words.signIn;
  const [key, setKey] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setProblem(key.trim() === '' ? text.emptyKey : null);
    if (key.trim() !== '') {
      onSubmit({ key: key.trim() });
    }
  };
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <PasswordInput
        label={text.key}
        description={text.keyHint}
        value={key}
        onChange={(event) => setKey(event.currentTarget.value)}
        error={problem}
        autoComplete="current-password"
        name="key"
        autoFocus
      />
      <Button type="submit" variant="filled" loading={isPending}>
        {text.submit}
      </Button>
    </form>
  );
}

function PasswordForm({ isPending, onSubmit }: FormProps) {
  const text = words.signIn;
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [isChecked, setIsChecked] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setIsChecked(true);
    if (email.trim() !== '' && password !== '') {
      onSubmit({ email: email.trim(), password });
    }
  };
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <TextInput
        label={text.email}
        type="email"
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
        error={isChecked && email.trim() === '' ? text.emptyEmail : null}
        autoComplete="username"
        name="email"
        autoFocus
      />
      <PasswordInput
        label={text.password}
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
        error={isChecked && password === '' ? text.emptyPassword : null}
        autoComplete="current-password"
        name="password"
      />
      <Button type="submit" variant="filled" loading={isPending}>
        {text.submit}
      </Button>
    </form>
  );
}

interface NewPasswordProps {
  attempt: { error: unknown; isPending: boolean; variables: Shown | undefined };
  onSubmit: (password: string) => void;
}

function NewPassword({ attempt, onSubmit }: NewPasswordProps) {
  const text = words.signIn;
  const [password, setPassword] = useState('');
  const isRefused = attempt.variables !== undefined && 'password' in attempt.variables;
  return (
    <div className={styles.page}>
      <Page title={text.newPassword} lead={text.newPasswordLead}>
        <form
          className={styles.form}
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            onSubmit(password);
          }}
        >
          <PasswordInput
            label={text.newPassword}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            autoComplete="new-password"
            name="new-password"
            autoFocus
          />
          {isRefused && <ErrorState error={attempt.error} />}
          <Button type="submit" variant="filled" loading={attempt.isPending}>
            {text.setPassword}
          </Button>
        </form>
      </Page>
    </div>
  );
}
