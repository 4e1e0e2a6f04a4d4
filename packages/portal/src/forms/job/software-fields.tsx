import { NativeSelect, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { softwareQuery } from '../../api/queries.ts';
import { Loaded } from '../../ui/loaded.tsx';
import { words } from '../../words/words.ts';
import { CommandField } from './command-field.tsx';
import { isObject, read } from './document.ts';
import { namesInEnvironment } from './environment.ts';
import { type FieldsProps, textAt } from './fields.ts';

/** What a tile executes: software, version and command. */
export function SoftwareFields({ job, tile, errorOf }: FieldsProps) {
  const text = words.newJob;
  const query = useQuery(softwareQuery);
  const at = ['jobanalyses', tile] as const;
  const code = textAt(job.document, [...at, 'analysis', 'code']);
  const version = textAt(job.document, [...at, 'analysis', 'version']);
  const command = textAt(job.document, [...at, 'command']);
  const environment = read(job.document, [...at, 'envVars']);
  const names = namesInEnvironment(isObject(environment) ? environment : {});
  return (
    <Loaded query={query}>
      {(all) => {
        const software = all.find((each) => each.code === code);
        const chosen = software?.versions.find(({ versionCode }) => versionCode === version);
        const choose = (next: string | null) => {
          const [newest] = all.find((each) => each.code === next)?.versions ?? [];
          job.set([...at, 'analysis'], { code: next ?? '', version: newest?.versionCode ?? '' });
          if (command === '' && newest?.stdCommand) {
            job.set([...at, 'command'], newest.stdCommand);
          }
        };
        return (
          <>
            <Select
              label={text.software}
              placeholder={text.chooseSoftware}
              searchable
              data={all.map((each) => ({ value: each.code, label: each.name }))}
              value={software ? code : null}
              onChange={choose}
              error={errorOf([...at, 'analysis', 'code']) ?? errorOf([...at, 'analysis'])}
              comboboxProps={{ withinPortal: true }}
            />
            {software && (
              <NativeSelect
                label={text.version}
                value={version}
                onChange={(event) => job.set([...at, 'analysis', 'version'], event.currentTarget.value)}
                data={software.versions.map((each) => ({ value: each.versionCode, label: each.version }))}
                description={
                  chosen?.unavailableReason ? text.unavailable(chosen.unavailableReason) : undefined
                }
                error={errorOf([...at, 'analysis', 'version'])}
              />
            )}
            <CommandField
              key={tile}
              value={command}
              onChange={(next) => job.set([...at, 'command'], next)}
              error={errorOf([...at, 'command'])}
              names={names}
            />
          </>
        );
      }}
    </Loaded>
  );
}
