import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { softwareOfQuery } from '../api/queries.ts';
import { isMissing, MissingPage } from '../components/missing-page.tsx';
import { paths } from '../paths.ts';
import { DataTable } from '../ui/data-table.tsx';
import { Link } from '../ui/link.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Page } from '../ui/page.tsx';
import { Panel } from '../ui/panel.tsx';
import { words } from '../words/words.ts';
import styles from './job-page.module.css';

/** One software: its versions, where they run, and how they are called. */
export function SoftwareOfPage() {
  const text = words.catalogue.software;
  const { code } = useParams({ strict: false }) as { code: string };
  const query = useQuery(softwareOfQuery(code));
  if (isMissing(query)) {
    return <MissingPage />;
  }
  return (
    <Page title={query.data?.name ?? code} lead={<Link to={paths.software()}>{text.all}</Link>}>
      <Loaded query={query}>
        {({ description, versions, resources }) => (
          <div className={styles.parts}>
            {description !== '' && <p>{toPlainText(description)}</p>}
            <Panel title={text.versions}>
              <DataTable
                label={text.versions}
                rows={versions}
                rowKey={({ id }) => id}
                columns={[
                  { title: text.version, cell: ({ version }) => version },
                  {
                    title: text.versionCode,
                    cell: ({ versionCode }) => <span className="mono">{versionCode}</span>,
                  },
                  { title: text.runsOn, cell: ({ allowedCoreTypes }) => allowedCoreTypes.join(', ') },
                  {
                    title: text.command,
                    cell: ({ stdCommand, mpiCommand, smpCommand }) => (
                      <code>{stdCommand ?? mpiCommand ?? smpCommand ?? ''}</code>
                    ),
                  },
                  { title: text.unavailable, cell: ({ unavailableReason }) => unavailableReason ?? '' },
                ]}
              />
            </Panel>
            {resources.length > 0 && (
              <Panel title={text.further}>
                <ul>
                  {resources
                    .filter(({ url }) => /^https?:\/\//.test(url))
                    .map(({ name, url }) => (
                      <li key={url}>
                        <a href={url} rel="noreferrer">
                          {name}
                        </a>
                      </li>
                    ))}
                </ul>
              </Panel>
            )}
          </div>
        )}
      </Loaded>
    </Page>
  );
}

/** The API gives descriptions in HTML; here they are what they say, and nothing else. */
function toPlainText(html: string): string {
  return new DOMParser().parseFromString(html, 'text/html').body.textContent ?? '';
}
