import { useInfiniteQuery } from '@tanstack/react-query';
import { usersQuery } from '../api/keeper-queries.ts';
import { AdminFrame, forAdministrators } from '../components/admin/admin-frame.tsx';
import { NewUser } from '../components/admin/new-user.tsx';
import { UsersTable } from '../components/admin/users-table.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import styles from '../ui/layout.module.css';
import { Loaded } from '../ui/loaded.tsx';
import { MoreButton } from '../ui/more-button.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { useSearchState } from '../ui/use-search.ts';
import { words } from '../words/words.ts';

/** Everybody who may use the platform: added, locked out, let in, given roles and links. */
export const UsersPage = forAdministrators(() => {
  const text = words.keeper.users;
  const [{ q = '' }, change] = useSearchState();
  const query = useInfiniteQuery(usersQuery(q));
  return (
    <AdminFrame title={text.title} lead={text.lead}>
      <div className={styles.stack}>
        <NewUser />
        <search>
          <SearchField
            label={text.search}
            value={q}
            onSearch={(typed) => change({ q: typed || undefined })}
          />
        </search>
        <Loaded query={query}>
          {({ pages }) => {
            const users = pages.flatMap(({ results }) => results);
            return users.length === 0 ? <EmptyState title={text.noneMatch} /> : <UsersTable users={users} />;
          }}
        </Loaded>
        <MoreButton query={query}>{text.more}</MoreButton>
      </div>
    </AdminFrame>
  );
});
