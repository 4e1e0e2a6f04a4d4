import { NativeSelect, TextInput } from '@mantine/core';
import type { UsageBy, UsageReport } from '@quarry/sdk';
import { useMutation, useQuery } from '@tanstack/react-query';
import { quarry } from '../api/sdk.ts';
import { thisMonth, type UsageWish, usageQuery } from '../api/usage-queries.ts';
import { useAwayRefusal } from '../components/jobs/use-job-actions.ts';
import { ProjectChip } from '../components/projects/project-chip.tsx';
import { DayBars } from '../components/usage/day-bars.tsx';
import { atEndOfMonth, monthSoFar } from '../components/usage/forecast.ts';
import { formatCost, Sums } from '../components/usage/sums.tsx';
import { ActionButton } from '../ui/action-button.tsx';
import { DataTable } from '../ui/data-table.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import layout from '../ui/layout.module.css';
import { Loaded } from '../ui/loaded.tsx';
import { notifyFailed } from '../ui/notify.tsx';
import { Page } from '../ui/page.tsx';
import { Panel } from '../ui/panel.tsx';
import { saveBlob } from '../ui/save-blob.ts';
import { useSearchState } from '../ui/use-search.ts';
import { formatMoney, formatNumber } from '../words/numbers.ts';
import { words } from '../words/words.ts';

const THINGS = ['day', 'project', 'person', 'software', 'coreType'] as const satisfies readonly UsageBy[];
const DATE = /^\d{4}-\d\d-\d\d$/;

/** What was used and what it cost, in a time that is chosen. */
export function UsagePage() {
  const text = words.usage;
  const [search, change] = useSearchState();
  const month = thisMonth();
  const today = month.to;
  const wish: UsageWish = {
    from: dateOr(search.from, month.from),
    to: dateOr(search.to, today),
    by: THINGS.find((thing) => thing === search.by) ?? 'project',
    zone: month.zone,
    ...(search.project && { project: search.project }),
  };
  const days = useQuery(usageQuery({ ...wish, by: 'day' }));
  const things = useQuery(usageQuery(wish));
  return (
    <Page title={text.title} lead={text.lead} actions={<SaveCsv wish={wish} />}>
      <search className={layout.filters}>
        <TextInput
          type="date"
          label={text.from}
          value={wish.from}
          max={wish.to}
          onChange={({ currentTarget }) => change({ from: currentTarget.value || undefined })}
        />
        <TextInput
          type="date"
          label={text.to}
          value={wish.to}
          min={wish.from}
          onChange={({ currentTarget }) => change({ to: currentTarget.value || undefined })}
        />
        <NativeSelect
          label={text.by}
          value={wish.by}
          data={THINGS.map((value) => ({ value, label: text.things[value] }))}
          onChange={({ currentTarget }) => change({ by: currentTarget.value })}
        />
        {wish.project !== undefined && (
          <div>
            <ProjectChip projectId={wish.project} onRemove={() => change({ project: undefined })} />
          </div>
        )}
      </search>
      <div className={layout.stack}>
        <p className="muted">{text.zone(wish.zone)}</p>
        <Loaded query={days}>
          {(report) => (
            <>
              <Totals report={report} wish={wish} today={today} />
              {report.total.coreHours > 0 && (
                <Panel title={text.byDay}>
                  <DayBars days={report.rows} />
                </Panel>
              )}
            </>
          )}
        </Loaded>
        <Loaded query={things}>{(report) => <Things report={report} />}</Loaded>
      </div>
    </Page>
  );
}

function Totals({ report, wish, today }: { report: UsageReport; wish: UsageWish; today: string }) {
  const text = words.usage;
  const { total } = report;
  const month = monthSoFar(wish.from, wish.to, today);
  return (
    <div className={layout.panels}>
      <Panel title={text.total}>
        <Sums sums={total} />
      </Panel>
      {month !== null && total.coreHours > 0 && (
        <Panel title={text.forecast}>
          <p className={layout.figure}>
            {total.amounts
              .map(({ amount, currency }) =>
                formatMoney(String(atEndOfMonth(Number(amount), month)), currency),
              )
              .join(', ')}
          </p>
          <p>{text.hours(formatNumber(atEndOfMonth(total.coreHours, month)))}</p>
          <p className="muted">{text.forecastNote}</p>
        </Panel>
      )}
    </div>
  );
}

function Things({ report }: { report: UsageReport }) {
  const text = words.usage;
  const others = report.rest === null ? [] : [{ key: null, name: text.others, ...report.rest }];
  const rows = [...report.rows, ...others];
  if (report.total.coreHours === 0 && !report.total.isOngoing) {
    return (
      <EmptyState title={text.nothing}>
        <p>{text.nothingText}</p>
      </EmptyState>
    );
  }
  return (
    <DataTable
      label={`${text.title}: ${text.things[report.by]}`}
      rows={rows}
      rowKey={({ key, name }) => key ?? `no key: ${name}`}
      columns={[
        {
          title: text.things[report.by],
          cell: ({ name }) => (
            <strong>
              <bdi>{name ?? text.none[report.by]}</bdi>
            </strong>
          ),
        },
        {
          title: text.coreHours,
          isNumber: true,
          cell: ({ coreHours, isOngoing }) => (
            <>
              {formatNumber(coreHours)}
              {isOngoing && <div className="muted">{text.goesOn}</div>}
            </>
          ),
        },
        { title: text.cost, isNumber: true, cell: formatCost },
      ]}
    />
  );
}

function SaveCsv({ wish }: { wish: UsageWish }) {
  const text = words.usage;
  const save = useMutation({
    mutationFn: () => quarry.usage.csv(wish),
    onSuccess: (csv) =>
      saveBlob(new Blob([csv], { type: 'text/csv' }), `usage-${wish.from}-by-${wish.by}.csv`),
    onError: (error) => notifyFailed(text.csvFailed, error),
  });
  return (
    <ActionButton refusal={useAwayRefusal()} loading={save.isPending} onClick={() => save.mutate()}>
      {text.csv}
    </ActionButton>
  );
}

function dateOr(text: string | undefined, otherwise: string): string {
  return text !== undefined && DATE.test(text) ? text : otherwise;
}
