import { Button } from '@mantine/core';
import { useState } from 'react';
import { JsonEditor } from '../../components/json-editor/json-editor.tsx';
import { Panel } from '../../ui/panel.tsx';
import { words } from '../../words/words.ts';
import { AboutFields } from './about-fields.tsx';
import { type Path, unshown } from './document.ts';
import { listAt } from './fields.ts';
import { HardwareFields } from './hardware-fields.tsx';
import { InputFields } from './input-fields.tsx';
import styles from './job-form.module.css';
import { Outlook } from './outlook.tsx';
import { ScriptsPanel } from './scripts-panel.tsx';
import { SoftwareFields } from './software-fields.tsx';
import { TemplatesPanel, useNamesInTemplates } from './templates/templates-panel.tsx';
import { Tiles } from './tiles.tsx';
import type { JobDocument } from './use-job-document.ts';
import type { JobUploads } from './use-job-uploads.ts';
import type { Preview } from './use-preview.ts';
import { VariablesPanel } from './variables/variables-panel.tsx';

interface JobFormProps {
  job: JobDocument;
  uploads: JobUploads;
  preview: Preview;
  /** The run whose templates are shown, from 1. */
  run: number;
  onRun: (run: number) => void;
  errorOf: (path: Path) => string | null;
  /** All that the server has said of the document. */
  problems: readonly { path: string; message: string }[];
}

/** The parts of a job as fields, and beside them the same job as JSON. */
export function JobForm({ job, uploads, preview, run, onRun, errorOf, problems }: JobFormProps) {
  const text = words.newJob;
  const [tile, setTile] = useState(0);
  const tiles = Math.max(1, listAt(job.document, ['jobanalyses']).length);
  const shown = Math.min(tile, tiles - 1);
  const named = useNamesInTemplates(job.document);
  const kept = unshown(job.document, shown);
  const fields = { job, tile: shown, errorOf };
  return (
    <div className={styles.form}>
      {/* Changed here, the JSON would be written anew, and what is typed there and cannot be read yet would be lost. */}
      <fieldset className={styles.parts} disabled={job.problem !== null} aria-label={text.steps.label}>
        <Tiles job={job} count={tiles} shown={shown} onShow={setTile} />
        <Panel title={text.steps.inputs}>
          <div className={styles.fields}>
            <InputFields {...fields} uploads={uploads} />
          </div>
        </Panel>
        <Panel title={text.steps.software}>
          <div className={styles.fields}>
            <SoftwareFields {...fields} />
          </div>
        </Panel>
        <Panel title={text.steps.hardware}>
          <div className={styles.fields}>
            <HardwareFields {...fields} />
          </div>
        </Panel>
        <VariablesPanel job={job} errorOf={errorOf} uploads={uploads} preview={preview} named={named} />
        <TemplatesPanel {...fields} uploads={uploads} preview={preview} run={run} onRun={onRun} />
        <ScriptsPanel {...fields} uploads={uploads} />
        <Panel title={text.steps.about}>
          <div className={styles.fields}>
            <AboutFields {...fields} />
          </div>
        </Panel>
      </fieldset>
      <div className={styles.json}>
        {job.problem === null && <Outlook preview={preview} document={job.document} />}
        <JsonEditor
          label={text.json}
          value={job.text}
          onChange={job.type}
          problems={problems}
          schema="JobDefinition"
          error={job.problem === null ? null : text.jsonWrong(job.problem)}
        />
        {job.problem !== null && <Button onClick={job.untype}>{text.untype}</Button>}
        {kept.length > 0 && <p className="muted">{text.kept(kept.join(', '))}</p>}
      </div>
    </div>
  );
}
