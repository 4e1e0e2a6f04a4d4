import type { ReactNode } from 'react';
import { words } from '../words/words.ts';
import styles from './page.module.css';
import { showMarks } from './show-marks.ts';

interface PageProps {
  title: ReactNode;
  /** What the tab of the browser says; the title where that is a text. */
  documentTitle?: string;
  actions?: ReactNode;
  /** What stands below the title, such as where one is. */
  lead?: ReactNode;
  children: ReactNode;
}

/** One page: its heading, which gets the focus when it is navigated to, what can be done, and what there is to see. */
export function Page({ title, documentTitle, actions, lead, children }: PageProps) {
  const name = documentTitle ?? (typeof title === 'string' ? title : undefined);
  return (
    <>
      <title>
        {name === undefined ? words.frame.product : `${showMarks(name)} · ${words.frame.product}`}
      </title>
      <div className={styles.head}>
        <div className={styles.heading}>
          <h1 tabIndex={-1}>{title}</h1>
          {lead && <div className="muted">{lead}</div>}
        </div>
        {actions && <div className={styles.actions}>{actions}</div>}
      </div>
      {children}
    </>
  );
}
