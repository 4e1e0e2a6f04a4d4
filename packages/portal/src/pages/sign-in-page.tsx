import { Button, PasswordInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { signInByKey } from '../api/sign-in.ts';
import { ErrorState } from '../ui/error-state.tsx';
import { Page } from '../ui/page.tsx';
import { words } from '../words/words.ts';
import styles from './sign-in-page.module.css';

/** Stands in place of any page while nobody is signed in; the address stays, so that the page comes after it. */
export function SignInPage({ hasEnded }: { hasEnded: boolean }) {
  const [key, setKey] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const signIn = useMutation({ mutationFn: signInByKey });
  const { signIn: text } = words;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const trimmed = key.trim();
    setProblem(trimmed === '' ? text.empty : null);
    if (trimmed !== '') {
      signIn.mutate(trimmed);
    }
  };

  return (
    <div className={styles.page}>
      <Page title={text.title} lead={hasEnded ? text.ended : text.lead}>
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
          {signIn.error && <ErrorState error={signIn.error} />}
          <Button type="submit" variant="filled" loading={signIn.isPending}>
            {text.submit}
          </Button>
        </form>
        <section className={styles.aside}>
          <h2>{text.withoutKey}</h2>
          <p>{text.withoutKeyText}</p>
          <pre>{text.makeKey}</pre>
        </section>
      </Page>
    </div>
  );
}
