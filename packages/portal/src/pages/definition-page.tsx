import { Button } from '@mantine/core';
import type { Job } from '@quarry/sdk';
import { copyAs, LANGUAGES } from '../components/job/copy-as.ts';
import { definitionOf } from '../components/job/definition-of.ts';
import { JobFrame } from '../components/job/job-frame.tsx';
import { JsonEditor } from '../components/json-editor/json-editor.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { useSearchState } from '../ui/use-search.ts';
import { words } from '../words/words.ts';
import styles from './definition-page.module.css';

/** What a job was made of, to be copied in the language of whoever makes the next one. */
export function DefinitionPage() {
  return <JobFrame part={words.definition.title}>{(job) => <Definition job={job} />}</JobFrame>;
}

function Definition({ job }: { job: Job }) {
  const [search, change] = useSearchState();
  const text = words.definition;
  const language = LANGUAGES.find((each) => each === search.as) ?? 'json';
  const copy = copyAs(language, definitionOf(job), location.origin);
  return (
    <>
      <p className="muted">{text.lead}</p>
      <div className={styles.tools}>
        <fieldset className={styles.languages}>
          <legend className="visually-hidden">{text.as}</legend>
          {LANGUAGES.map((each) => (
            <Button
              key={each}
              size="compact-sm"
              variant={language === each ? 'light' : 'default'}
              aria-pressed={language === each}
              onClick={() => change({ as: each === 'json' ? undefined : each })}
            >
              {text.languages[each]}
            </Button>
          ))}
        </fieldset>
        <CopyButton size="compact-sm" variant="filled" text={copy} />
      </div>
      {language !== 'json' && <p className="muted">{text.keyHint}</p>}
      {language === 'json' ? (
        <JsonEditor label={text.region} value={copy} />
      ) : (
        <section
          className={styles.text}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
          tabIndex={0}
          aria-label={text.region}
        >
          <pre>{copy}</pre>
        </section>
      )}
    </>
  );
}
