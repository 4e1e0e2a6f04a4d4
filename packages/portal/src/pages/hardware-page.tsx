import { useQuery } from '@tanstack/react-query';
import { hardwareQuery } from '../api/queries.ts';
import { DataTable } from '../ui/data-table.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Page } from '../ui/page.tsx';
import { formatCount, formatMoney, formatNumber } from '../words/numbers.ts';
import { words } from '../words/words.ts';

/** What jobs can run on here, and what it costs. */
export function HardwarePage() {
  const text = words.catalogue.hardware;
  const query = useQuery(hardwareQuery);
  return (
    <Page title={text.title} lead={text.lead}>
      <Loaded query={query}>
        {({ types, currency }) =>
          types.length === 0 ? (
            <EmptyState title={text.none} />
          ) : (
            <DataTable
              label={text.title}
              rows={types}
              rowKey={({ code }) => code}
              columns={[
                { title: text.columns.name, cell: ({ name }) => <strong>{name}</strong> },
                { title: text.columns.code, cell: ({ code }) => <span className="mono">{code}</span> },
                { title: text.columns.cores, cell: ({ cores }) => cores.join(', ') },
                {
                  title: text.columns.memory,
                  isNumber: true,
                  cell: ({ memory }) => text.gb(formatNumber(memory / 1024)),
                },
                { title: text.columns.processor, cell: ({ processorInfo }) => processorInfo },
                {
                  title: text.columns.gpus,
                  isNumber: true,
                  cell: ({ gpuCounts }) => Math.max(0, ...gpuCounts) || '',
                },
                {
                  title: text.columns.free,
                  isNumber: true,
                  cell: ({ freeCores }) => (freeCores === undefined ? '' : formatCount(freeCores)),
                },
                {
                  title: text.columns.price,
                  isNumber: true,
                  cell: ({ price }) => formatPrice(String(price), currency),
                },
                {
                  title: text.columns.low,
                  isNumber: true,
                  cell: ({ lowPriorityPrice }) => formatPrice(lowPriorityPrice, currency),
                },
                {
                  title: text.columns.state,
                  cell: ({ isActive, unavailableReason }) => (isActive ? text.available : unavailableReason),
                },
              ]}
            />
          )
        }
      </Loaded>
    </Page>
  );
}

/** A site without prices names no currency. */
function formatPrice(amount: string, currency: string | null): string {
  return currency === null ? amount : formatMoney(amount, currency);
}
