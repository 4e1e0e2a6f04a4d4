import type { JobPreview } from '@quarry/sdk';
import { Name } from '../../../ui/name.tsx';
import { formatCount } from '../../../words/numbers.ts';
import { words } from '../../../words/words.ts';
import styles from '../variables/variables.module.css';
import { type Part, partsOf, partsWithProblem } from './marks.ts';

interface TemplateViewProps {
  name: string;
  /** Null while it is read, and where it is too large. */
  template: string | null;
  /** What the run gets; null before the server has said so. */
  rendered: JobPreview['templates'][number] | null;
  run: number;
}

/** A template, and beside it what a run gets; what differs is marked, and says what stands on the other side. */
export function TemplateView({ name, template, rendered, run }: TemplateViewProps) {
  const text = words.variables.templates;
  if (rendered === null) {
    return template === null ? null : <Pane title={text.template} name={name} parts={[plain(template)]} />;
  }
  if (rendered.problem !== null && rendered.problemAt !== null) {
    return (
      <>
        <p className={styles.error}>
          <Name>{text.failed(rendered.problem)}</Name>
        </p>
        {template !== null && <Problem template={template} at={rendered.problemAt} name={name} />}
      </>
    );
  }
  if (rendered.rendered === null) {
    return <p className="muted">{text.optimized}</p>;
  }
  const sides =
    template === null
      ? { template: null, rendered: [plain(rendered.rendered)] }
      : partsOf(template, rendered.rendered, rendered.inserts);
  return (
    <>
      <div className={styles.panes}>
        {sides.template && <Pane title={text.template} name={name} parts={sides.template} />}
        <Pane
          title={text.result(formatCount(run))}
          name={rendered.processedFilename}
          parts={sides.rendered}
        />
      </div>
      {rendered.isCut && <p className="muted">{text.cut}</p>}
    </>
  );
}

const plain = (text: string): Part => ({ text, other: null });

function Pane({ title, name, parts }: { title: string; name: string; parts: readonly Part[] }) {
  const text = words.variables.templates;
  return (
    <section className={styles.pane} aria-label={`${title}: ${name}`}>
      <h3>{title}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <pre tabIndex={0}>
        {parts.map(({ text: part, other }, index) =>
          other === null ? (
            part
          ) : (
            // biome-ignore lint/suspicious/noArrayIndexKey: a part is known by its place
            <mark key={index} title={text.before(other)}>
              {part}
            </mark>
          ),
        )}
      </pre>
    </section>
  );
}

function Problem({
  template,
  at,
  name,
}: {
  template: string;
  at: { line: number; column: number };
  name: string;
}) {
  const title = words.variables.templates.template;
  const [before, wrong, after] = partsWithProblem(template, at);
  return (
    <section className={styles.pane} aria-label={`${title}: ${name}`}>
      <h3>{title}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <pre tabIndex={0}>
        {before}
        <mark data-problem>{wrong}</mark>
        {after}
      </pre>
    </section>
  );
}
