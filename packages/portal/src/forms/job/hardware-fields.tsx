import { Checkbox, NativeSelect, NumberInput, Radio } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { hardwareQuery, softwareQuery } from '../../api/queries.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { formatMoney, formatNumber } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import { cheapestThatFits } from './cheapest.ts';
import { read } from './document.ts';
import { type FieldsProps, numberAt, textAt } from './fields.ts';
import styles from './job-form.module.css';

/** What a tile runs on, and for how long. */
export function HardwareFields({ job, tile, errorOf }: FieldsProps) {
  const text = words.newJob;
  const hardware = useQuery(hardwareQuery);
  const software = useQuery(softwareQuery);
  const at = ['jobanalyses', tile, 'hardware'] as const;
  const code = textAt(job.document, [...at, 'coreType']);
  const cores = numberAt(job.document, [...at, 'coresPerSlot']);
  const version = software.data
    ?.find((each) => each.code === textAt(job.document, ['jobanalyses', tile, 'analysis', 'code']))
    ?.versions.find(
      ({ versionCode }) => versionCode === textAt(job.document, ['jobanalyses', tile, 'analysis', 'version']),
    );
  return (
    <Loaded query={hardware}>
      {({ types, currency }) => {
        const offered = types.filter(
          (type) =>
            type.code === code ||
            (type.isActive && (version === undefined || version.allowedCoreTypes.includes(type.code))),
        );
        const priority = read(job.document, ['billingPriorityValue']);
        const isLowPriority =
          typeof priority === 'string'
            ? priority.toUpperCase() === 'ON_DEMAND'
            : read(job.document, ['isLowPriority']) === true;
        const cheapest = cheapestThatFits(offered, { cores: cores ?? 1, isLowPriority });
        const chosen = types.find((type) => type.code === code);
        const choose = (type: (typeof types)[number]) => {
          job.set([...at, 'coreType'], type.code);
          if (cores === null || !type.cores.includes(cores)) {
            job.set([...at, 'coresPerSlot'], type.cores[0] ?? 1);
          }
        };
        const error = errorOf([...at, 'coreType']) ?? errorOf(at);
        return (
          <>
            <DataTable
              label={text.coreType}
              rows={offered}
              rowKey={(type) => type.code}
              columns={[
                {
                  title: text.coreTypeColumns.choose,
                  cell: (type) => (
                    <Radio
                      name="core-type"
                      size="xs"
                      aria-label={type.name}
                      checked={type.code === code}
                      onChange={() => choose(type)}
                    />
                  ),
                },
                {
                  title: text.coreTypeColumns.name,
                  cell: (type) => (
                    <>
                      {type.name}
                      {type.code === cheapest && <span className={styles.note}> {text.cheapest}</span>}
                    </>
                  ),
                },
                { title: text.coreTypeColumns.cores, cell: (type) => type.cores.join(', ') },
                {
                  title: text.coreTypeColumns.memory,
                  isNumber: true,
                  cell: ({ memory }) => words.catalogue.hardware.gb(formatNumber(memory / 1024)),
                },
                {
                  title: text.coreTypeColumns.price,
                  isNumber: true,
                  cell: ({ price, lowPriorityPrice }) =>
                    currency === null
                      ? ''
                      : formatMoney(isLowPriority ? lowPriorityPrice : String(price), currency),
                },
              ]}
            />
            {error !== null && <p className={styles.error}>{error}</p>}
            <div className={styles.row}>
              <NativeSelect
                label={text.cores}
                value={cores === null ? '' : String(cores)}
                onChange={(event) => job.set([...at, 'coresPerSlot'], Number(event.currentTarget.value))}
                data={[...new Set([...(chosen?.cores ?? []), ...(cores === null ? [] : [cores])])]
                  .sort((a, b) => a - b)
                  .map(String)}
                error={errorOf([...at, 'coresPerSlot'])}
              />
              <NumberInput
                label={text.slots}
                description={text.slotsHint}
                min={1}
                allowDecimal={false}
                value={numberAt(job.document, [...at, 'slots']) ?? ''}
                onChange={(value) => job.set([...at, 'slots'], typeof value === 'number' ? value : undefined)}
                error={errorOf([...at, 'slots'])}
              />
              <NumberInput
                label={text.walltime}
                description={text.walltimeHint}
                min={0}
                allowNegative={false}
                decimalScale={4}
                value={numberAt(job.document, [...at, 'walltime']) ?? ''}
                onChange={(value) =>
                  job.set([...at, 'walltime'], typeof value === 'number' ? value : undefined)
                }
                error={errorOf([...at, 'walltime'])}
              />
            </div>
            <Checkbox
              label={text.lowPriority}
              checked={isLowPriority}
              onChange={(event) => {
                const isLow = event.currentTarget.checked;
                job.set(['isLowPriority'], isLow);
                if (typeof priority === 'string') {
                  // It wins over the other one.
                  job.set(['billingPriorityValue'], isLow ? 'ON_DEMAND' : 'INSTANT');
                }
              }}
              error={errorOf(['isLowPriority'])}
            />
          </>
        );
      }}
    </Loaded>
  );
}
