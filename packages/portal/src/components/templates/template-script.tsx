import type { JobTemplatePreview } from '@quarry/sdk';
import { Name } from '../../ui/name.tsx';
import { Panel } from '../../ui/panel.tsx';
import { formatCount, formatMoney, formatNumber } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import styles from './templates.module.css';

interface TemplateScriptProps {
  /** What the values come to; of those before where the newest are wrong. Null before there was any. */
  preview: JobTemplatePreview | null;
  isOld: boolean;
  /** What is wrong with the template itself. */
  faults: readonly string[];
}

/** What a filled-in form would execute, and what that costs at most. */
export function TemplateScript({ preview, isOld, faults }: TemplateScriptProps) {
  const text = words.templates.form;
  return (
    <Panel title={text.script} tone={faults.length > 0 ? 'failure' : 'plain'}>
      {faults.length > 0 && (
        <>
          <p>{text.broken}</p>
          <ul>
            {faults.map((fault) => (
              <li key={fault}>
                <Name>{fault}</Name>
              </li>
            ))}
          </ul>
        </>
      )}
      {preview === null && <p className="muted">{text.scriptHint}</p>}
      {preview !== null && (
        <>
          {isOld && <p className="muted">{text.scriptOld}</p>}
          {preview.scripts.map((script, tile) => {
            const name = text.scriptOf(formatCount(tile + 1));
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: a tile is known by its place
              <div key={tile}>
                {preview.scripts.length > 1 && <h3>{name}</h3>}
                <section
                  className={styles.script}
                  aria-label={`${text.script}, ${name}`}
                  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
                  tabIndex={0}
                >
                  <pre>{script}</pre>
                </section>
              </div>
            );
          })}
          <Cost preview={preview} />
          {preview.warnings.map((warning) => (
            <p key={warning}>
              <Name>{warning}</Name>
            </p>
          ))}
        </>
      )}
    </Panel>
  );
}

function Cost({ preview }: { preview: JobTemplatePreview }) {
  const { most, hours } = preview.estimate;
  return (
    <p>
      {words.templates.form.most(formatMoney(most.amount, most.currency), formatNumber(hours))}
      <br />
      <span className="muted">{most.formula}</span>
    </p>
  );
}
