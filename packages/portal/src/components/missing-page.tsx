import { NotFoundError } from '@quarry/sdk';
import { paths } from '../paths.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { Link } from '../ui/link.tsx';
import { Page } from '../ui/page.tsx';
import { words } from '../words/words.ts';

/** An address that is none, and what another person has: nobody can tell them apart. */
export function MissingPage() {
  const { notFound } = words.frame;
  return (
    <Page title={notFound.title}>
      <EmptyState title={notFound.text}>
        <Link to={paths.jobs()}>{notFound.action}</Link>
      </EmptyState>
    </Page>
  );
}

/** Whether what a page is about is not there, or not for whoever asks: then there is no such page. */
export function isMissing({ data, error }: { data: unknown; error: unknown }): boolean {
  return data === undefined && error instanceof NotFoundError;
}
