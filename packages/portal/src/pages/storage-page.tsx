import { useQuery } from '@tanstack/react-query';
import { devicesQuery } from '../api/queries.ts';
import { paths } from '../paths.ts';
import { DataTable } from '../ui/data-table.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Link } from '../ui/link.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Meter } from '../ui/meter.tsx';
import { Name } from '../ui/name.tsx';
import { Page } from '../ui/page.tsx';
import { Age } from '../ui/time.tsx';
import { formatBytes } from '../words/numbers.ts';
import { words } from '../words/words.ts';

/** Storage devices that somebody may use, and how full they are. */
export function StoragePage() {
  const text = words.catalogue.storage;
  const query = useQuery(devicesQuery);
  return (
    <Page title={text.title} lead={text.lead}>
      <Loaded query={query}>
        {(devices) =>
          devices.length === 0 ? (
            <EmptyState title={text.none}>
              <p>{text.noneText}</p>
              <pre>{text.command}</pre>
            </EmptyState>
          ) : (
            <DataTable
              label={text.title}
              rows={devices}
              rowKey={({ id }) => id}
              columns={[
                {
                  title: text.columns.name,
                  cell: ({ id, name }) => (
                    <Link to={paths.device(id)}>
                      <Name>{name}</Name>
                    </Link>
                  ),
                },
                { title: text.columns.id, cell: ({ id }) => <span className="mono">{id}</span> },
                {
                  title: text.columns.used,
                  cell: ({ name, usedBytes, sizeBytes }) =>
                    usedBytes === null ? (
                      <span className="muted">{text.usage(text.unmeasured, formatBytes(sizeBytes))}</span>
                    ) : (
                      <>
                        {text.usage(formatBytes(usedBytes), formatBytes(sizeBytes))}
                        <Meter label={name} value={usedBytes} max={sizeBytes} />
                      </>
                    ),
                },
                { title: text.columns.status, cell: ({ status }) => status },
                { title: text.columns.owner, cell: ({ owner }) => <Name>{owner}</Name> },
                { title: text.columns.added, cell: ({ dateInserted }) => <Age date={dateInserted} /> },
              ]}
            />
          )
        }
      </Loaded>
    </Page>
  );
}
